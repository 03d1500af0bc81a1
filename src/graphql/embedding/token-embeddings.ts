import { Arg, Ctx, FieldResolver, ID, Int, ObjectType, Query, Resolver, Root } from 'type-graphql';
import type { Tokens } from '../../core/text/index.js';
import type { Timing, TokenEmbeddings } from '../../engine/index.js';
import type { Model } from '../../models/index.js';
import { toEmbedOptions } from '../content/embedding-scope.js';
import { EmbedOptionsInput, OPTIONS } from '../content/inputs.js';
import type { Context } from '../context.js';
import { ModelType } from '../model/model-type.js';
import { describeRuntime, RuntimeType } from '../runtime/runtime-type.js';
import { Vector } from '../scalars.js';
import { TimingType, TokensType } from './embedding-type.js';

@ObjectType('TokenEmbeddings', {
  description:
    'A vector for every place of a text: the states of the last layer after the final layer norm, as Stable Diffusion takes them.',
})
export class TokenEmbeddingsType {}

@Resolver(() => TokenEmbeddingsType)
export class TokenEmbeddingsFieldsResolver {
  @FieldResolver(() => ID, { description: 'A hash of everything that determines the vectors.' })
  id(@Root() { id }: TokenEmbeddings): string {
    return id;
  }

  @FieldResolver(() => String, { description: 'The text as given.' })
  text(@Root() { text }: TokenEmbeddings): string {
    return text;
  }

  @FieldResolver(() => ModelType, { description: 'The model that made them.' })
  model(@Root() { model }: TokenEmbeddings): Model {
    return model;
  }

  @FieldResolver(() => RuntimeType, { description: 'The runtime that did the work.' })
  runtime(@Root() { runtime }: TokenEmbeddings, @Ctx() context: Context): Promise<RuntimeType> {
    return describeRuntime(runtime, context);
  }

  @FieldResolver(() => [Int], {
    description:
      '[contextLength, width]: [77, 768] for CLIP ViT-L/14. The places after the text hold padding.',
  })
  shape(@Root() { shape }: TokenEmbeddings): readonly number[] {
    return shape;
  }

  @FieldResolver(() => Vector, {
    description: 'All vectors, row by row, packed as float32 in little-endian order. They are not scaled.',
  })
  vectorBase64(@Root() { states }: TokenEmbeddings): Float32Array {
    return states;
  }

  @FieldResolver(() => [String], {
    description: "The pieces of the text's own tokens, the markers included: the first rows are theirs.",
  })
  pieces(@Root() { tokens }: TokenEmbeddings): readonly string[] {
    return tokens?.pieces ?? [];
  }

  @FieldResolver(() => TokensType, { description: "The text's own tokens." })
  tokens(@Root() { tokens }: TokenEmbeddings): Tokens | undefined {
    return tokens;
  }

  @FieldResolver(() => Boolean, { description: 'Answered from the cache, without running the model.' })
  isCached(@Root() { isCached }: TokenEmbeddings): boolean {
    return isCached;
  }

  @FieldResolver(() => TimingType, { description: 'What took how long.' })
  timing(@Root() { timing }: TokenEmbeddings): Timing {
    return timing;
  }
}

@Resolver(() => TokenEmbeddingsType)
export class TokenEmbeddingsResolver {
  @Query(() => TokenEmbeddingsType, {
    description:
      "A vector for every token of a text, for what works on a CLIP's text states, such as Stable Diffusion. " +
      'For example `tokenEmbeddings(text: "a red car") { shape pieces vectorBase64 }`.',
  })
  tokenEmbeddings(
    @Arg('text', () => String, { description: 'For example "a red car".' }) text: string,
    @Arg('options', () => EmbedOptionsInput, OPTIONS) options: EmbedOptionsInput | undefined,
    @Ctx() { embedder, signal, client }: Context,
  ): Promise<TokenEmbeddings> {
    return embedder.tokenEmbeddings(text, toEmbedOptions(options), { signal, client });
  }
}
