import { Field, ID, InputType, registerEnumType } from 'type-graphql';
import type { Content } from '../../engine/index.js';
import { ClipgraphError } from '../../errors/index.js';
import { RuntimeName } from '../scalars.js';

export enum Modality {
  TEXT = 'TEXT',
  IMAGE = 'IMAGE',
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
    description: 'A picture that ships with the server: server { examples }. For example "dog".',
  })
  example?: string;
}

@InputType('ContentInput', { description: 'A text or a picture: exactly one of these.' })
export class ContentInput {
  @Field(() => String, { nullable: true, description: 'For example "a dog".' })
  text?: string;

  @Field(() => ImageInput, { nullable: true })
  image?: ImageInput;
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

/** The input types of which exactly one field must be given. type-graphql can't say so; the schema is marked after it is built. */
export const ONE_OF_INPUTS = ['ContentInput', 'ImageInput'];

/**
 * @throws BAD_USER_INPUT for what the schema's @oneOf lets no client send
 */
export function toContent({ text, image }: ContentInput): Content {
  if (typeof text === 'string') return { text };
  if (typeof image?.base64 === 'string') return { image: { base64: image.base64 } };
  if (typeof image?.example === 'string') return { image: { example: image.example } };
  throw new ClipgraphError('BAD_USER_INPUT', 'A content must be a text or an image.');
}
