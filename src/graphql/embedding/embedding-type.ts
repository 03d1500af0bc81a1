import { Ctx, Field, FieldResolver, Float, ID, Int, ObjectType, Resolver, Root } from 'type-graphql';
import type { Tokens } from '../../core/text/index.js';
import type { Embedding, ImageInfo, Timing } from '../../engine/index.js';
import type { Model } from '../../models/index.js';
import { Modality } from '../content/inputs.js';
import type { Context } from '../context.js';
import { ModelType } from '../model/model-type.js';
import { describeRuntime, RuntimeType } from '../runtime/runtime-type.js';
import { roomFor, Vector } from '../scalars.js';
import { VectorSpaceType } from './vector-space-type.js';

@ObjectType('ImageInfo', { description: 'What was decoded from a picture.' })
export class ImageInfoType {
  @Field(() => String, { description: 'JPEG, PNG, WEBP, GIF, TIFF or AVIF.' })
  format!: string;

  @Field(() => Int, { description: 'Pixels, after the EXIF orientation if that was applied.' })
  width!: number;

  @Field(() => Int, { description: 'Pixels, after the EXIF orientation if that was applied.' })
  height!: number;

  @Field(() => Int, { description: 'Of the file.' })
  bytes!: number;
}

@ObjectType('Timing', { description: 'Milliseconds.' })
export class TimingType {
  @Field(() => Float, { description: 'Reading, decoding and resampling a picture, or tokenising a text.' })
  prepare!: number;

  @Field(() => Float, { description: 'Waiting for the runtime.' })
  queue!: number;

  @Field(() => Float, { description: 'The run of the whole batch that this content was in.' })
  inference!: number;
}

@ObjectType('Tokens', { description: 'A text as the model reads it.' })
export class TokensType {}

@Resolver(() => TokensType)
export class TokensResolver {
  @FieldResolver(() => [Int], { description: 'With the start and end markers.' })
  ids(@Root() { ids }: Tokens): readonly number[] {
    return ids;
  }

  @FieldResolver(() => [String], { description: "The vocabulary's spelling of each id; </w> ends a word." })
  pieces(@Root() { pieces }: Tokens): readonly string[] {
    return pieces;
  }

  @FieldResolver(() => Int, { description: 'How many there are, the markers included.' })
  count(@Root() { ids }: Tokens): number {
    return ids.length;
  }

  @FieldResolver(() => Int, { description: 'How many the model reads at most.' })
  contextLength(@Root() { contextLength }: Tokens): number {
    return contextLength;
  }

  @FieldResolver(() => Boolean, { description: 'Whether the text was cut.' })
  isTruncated(@Root() { isTruncated }: Tokens): boolean {
    return isTruncated;
  }
}

@ObjectType('Embedding', {
  description: "A content's vector, made by the runtime plugin that the options or the configuration name.",
})
export class EmbeddingType {}

@Resolver(() => EmbeddingType)
export class EmbeddingFieldsResolver {
  @FieldResolver(() => ID, {
    description:
      'A hash of everything that determines the vector: content, model, dtype, runtime and options.',
  })
  id(@Root() { id }: Embedding): string {
    return id;
  }

  @FieldResolver(() => Modality, { description: 'What the content was.' })
  modality(@Root() { modality }: Embedding): Modality {
    return Modality[modality];
  }

  @FieldResolver(() => ModelType, { description: 'The model that made it.' })
  model(@Root() { model }: Embedding): Model {
    return model;
  }

  @FieldResolver(() => VectorSpaceType, {
    description: 'What it can be compared with: vectors of the same space.',
  })
  space(@Root() { space }: Embedding): VectorSpaceType {
    return space;
  }

  @FieldResolver(() => RuntimeType, {
    nullable: true,
    description: 'The runtime that did the work; null for a vector that was given.',
  })
  async runtime(@Root() { runtime }: Embedding, @Ctx() context: Context): Promise<RuntimeType | undefined> {
    return runtime && describeRuntime(runtime, context);
  }

  @FieldResolver(() => String, { nullable: true, description: 'The text as given, for texts.' })
  text(@Root() { text }: Embedding): string | undefined {
    return text;
  }

  @FieldResolver(() => Int, { description: 'Components of the vector.' })
  dimensions(@Root() { vector }: Embedding): number {
    return vector.length;
  }

  @FieldResolver(() => [Int], { description: '[1, dimensions]: [1, 768] for CLIP ViT-L/14.' })
  shape(@Root() { vector }: Embedding): number[] {
    return [1, vector.length];
  }

  @FieldResolver(() => [Float], { description: 'The components. For programs, vectorBase64 is far cheaper.' })
  async vector(@Root() { vector }: Embedding, @Ctx() context: Context): Promise<number[]> {
    await roomFor(vector.length, context);
    return Array.from(vector);
  }

  @FieldResolver(() => Vector, { description: 'The same components, packed.' })
  vectorBase64(@Root() { vector }: Embedding): Float32Array {
    return vector;
  }

  @FieldResolver(() => Float, { description: 'The L2 norm before any scaling.' })
  norm(@Root() { norm }: Embedding): number {
    return norm;
  }

  @FieldResolver(() => Boolean, { description: 'Whether the vector was scaled to unit length.' })
  isNormalized(@Root() { isNormalized }: Embedding): boolean {
    return isNormalized;
  }

  @FieldResolver(() => TokensType, { nullable: true, description: 'Present for texts.' })
  tokens(@Root() { tokens }: Embedding): Tokens | undefined {
    return tokens;
  }

  @FieldResolver(() => ImageInfoType, { nullable: true, description: 'Present for images.' })
  image(@Root() { image }: Embedding): ImageInfo | undefined {
    return image;
  }

  @FieldResolver(() => Boolean, { description: 'Answered from the cache, without running the model.' })
  isCached(@Root() { isCached }: Embedding): boolean {
    return isCached;
  }

  @FieldResolver(() => TimingType, { nullable: true, description: 'Null for a vector that was given.' })
  timing(@Root() { timing }: Embedding): Timing | undefined {
    return timing;
  }
}
