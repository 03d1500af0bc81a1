import { Field, Float, ID, InputType, registerEnumType } from 'type-graphql';
import type { Content, Part } from '../../engine/index.js';
import { ClipgraphError } from '../../errors/index.js';
import { RuntimeName, Vector, type VectorValues } from '../scalars.js';
import { Upload, UploadedFile } from './uploads.js';

export enum Modality {
  TEXT = 'TEXT',
  IMAGE = 'IMAGE',
  VECTOR = 'VECTOR',
  BLEND = 'BLEND',
}
registerEnumType(Modality, { name: 'Modality', description: 'The kind of a content.' });

export enum Orientation {
  APPLY = 'APPLY',
  IGNORE = 'IGNORE',
}
registerEnumType(Orientation, {
  name: 'Orientation',
  description: 'What becomes of the orientation that a camera wrote into a picture.',
  valuesConfig: {
    APPLY: { description: 'Turn the picture upright first, as browsers do.' },
    IGNORE: { description: 'Take the pixels as they are stored, as the reference implementations do.' },
  },
});

@InputType('ImageInput', { description: 'Where a picture comes from: exactly one of these.' })
export class ImageInput {
  @Field(() => String, { nullable: true, description: 'Bytes in base64; a data: URI is accepted too.' })
  base64?: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Fetched by the server; refused unless its configuration allows the host (images.urls.allow).',
  })
  url?: string;

  @Field(() => Upload, { nullable: true, description: 'A file part of a multipart request.' })
  upload?: UploadedFile;

  @Field(() => String, {
    nullable: true,
    description: 'A picture that ships with the server: server { examples }. For example "dog".',
  })
  example?: string;
}

@InputType('VectorInput', {
  description:
    "An embedding made earlier. With the checksum of the model that made it, another model's vector is MODEL_MISMATCH.",
})
export class VectorInput {
  @Field(() => Vector, { description: "As many components as the model's embeddings have." })
  values!: VectorValues;

  @Field(() => String, { nullable: true, description: 'The checksum of the model that made it.' })
  checksum?: string;

  @Field(() => String, { nullable: true, description: 'The dtype of the model that made it.' })
  dtype?: string;
}

@InputType('PartInput', { description: 'A text, a picture or a vector: exactly one of these.' })
export class PartInput {
  @Field(() => String, { nullable: true, description: 'For example "a dog".' })
  text?: string;

  @Field(() => ImageInput, { nullable: true, description: 'A picture.' })
  image?: ImageInput;

  @Field(() => VectorInput, { nullable: true, description: 'An embedding made earlier.' })
  vector?: VectorInput;
}

@InputType('WeightedInput', { description: 'A part of a blend.' })
export class WeightedInput {
  @Field(() => PartInput, { description: 'What is added.' })
  content!: PartInput;

  @Field(() => Float, {
    defaultValue: 1,
    description: 'Between -1e30 and 1e30; negative: away from this part.',
  })
  weight!: number;
}

@InputType('ContentInput', {
  description: 'A text, a picture, a vector, or a blend of such: exactly one of these.',
})
export class ContentInput extends PartInput {
  @Field(() => [WeightedInput], {
    nullable: true,
    description:
      "A weighted sum of the parts' unit vectors, scaled to unit length again; weights may be negative. " +
      'For example `[{content: {image: {example: "dog"}}}, {content: {text: "snow"}, weight: 0.5}]`.',
  })
  blend?: WeightedInput[];
}

@InputType('EmbedOptions', { description: 'How contents are embedded.' })
export class EmbedOptionsInput {
  @Field(() => ID, {
    nullable: true,
    description: "A model's id or alias; the configured default if absent.",
  })
  model?: string;

  @Field(() => RuntimeName, {
    nullable: true,
    description: "The runtime that must do the work; an error, never another runtime, if it can't.",
  })
  runtime?: string;

  @Field(() => Boolean, { defaultValue: true, description: 'Scale the vector to unit length.' })
  normalize!: boolean;

  @Field(() => Boolean, {
    defaultValue: false,
    description: "Cut texts that are longer than the model's context instead of refusing them.",
  })
  truncate!: boolean;

  @Field(() => Orientation, {
    nullable: true,
    description: 'Turn the image as its EXIF orientation says before anything else; as configured if absent.',
  })
  orientation?: Orientation;
}

/** What every operation that embeds says of its argument `options`. */
export const OPTIONS = { nullable: true, description: 'How; as configured if absent.' } as const;

/** The input types of which exactly one field must be given. type-graphql can't say so; the schema is marked after it is built. */
export const ONE_OF_INPUTS = ['ContentInput', 'PartInput', 'ImageInput'];

function toPart({ text, image, vector }: PartInput): Part {
  if (typeof text === 'string') return { text };
  if (vector != null) {
    const { values, checksum, dtype } = vector;
    return { vector: { values, checksum: checksum ?? undefined, dtype: dtype ?? undefined } };
  }
  if (typeof image?.base64 === 'string') return { image: { base64: image.base64 } };
  if (typeof image?.example === 'string') return { image: { example: image.example } };
  if (typeof image?.url === 'string') return { image: { url: image.url } };
  const upload = image?.upload;
  if (upload != null) return { image: upload.source };
  throw new ClipgraphError('BAD_USER_INPUT', 'A content must be a text, an image, a vector or a blend.');
}

/**
 * @throws BAD_USER_INPUT for what the schema's @oneOf lets no client send
 */
export function toContent(input: ContentInput): Content {
  if (input.blend == null) return toPart(input);
  return { blend: input.blend.map(({ content, weight }) => ({ content: toPart(content), weight })) };
}
