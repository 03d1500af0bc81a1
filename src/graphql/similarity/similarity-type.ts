import { Arg, Ctx, FieldResolver, Float, ObjectType, Query, Resolver, Root } from 'type-graphql';
import { askSimilarity, type Embedding, type Similarity } from '../../engine/index.js';
import type { Model } from '../../models/index.js';
import { askOf, toEmbedOptions } from '../content/embedding-scope.js';
import { ContentInput, EmbedOptionsInput, OPTIONS, toContent } from '../content/inputs.js';
import type { Context } from '../context.js';
import { EmbeddingType } from '../embedding/embedding-type.js';
import { ModelType } from '../model/model-type.js';

@ObjectType('Similarity', {
  description: 'Two embeddings compared by the one cosine core, whichever plugin made them.',
})
export class SimilarityType {}

@Resolver(() => SimilarityType)
export class SimilarityResolver {
  @Query(() => SimilarityType, {
    description:
      'How alike two contents are. For example `similarity(a: {text: "a dog"}, b: {image: {example: "dog"}})`.',
  })
  similarity(
    @Arg('a', () => ContentInput, { description: 'One content.' }) a: ContentInput,
    @Arg('b', () => ContentInput, { description: 'The other one.' }) b: ContentInput,
    @Arg('options', () => EmbedOptionsInput, OPTIONS) options: EmbedOptionsInput | undefined,
    @Ctx() context: Context,
  ): Promise<Similarity> {
    return askSimilarity(askOf(context, toEmbedOptions(options)), toContent(a), toContent(b));
  }

  @FieldResolver(() => Float, { description: 'Cosine of the angle between a and b, in [-1, 1].' })
  cosine(@Root() { cosine }: Similarity): number {
    return cosine;
  }

  @FieldResolver(() => Float, { description: 'The angle in degrees, in [0, 180].' })
  angle(@Root() { angle }: Similarity): number {
    return angle;
  }

  @FieldResolver(() => Float, { description: '1 - cosine, in [0, 2].' })
  distance(@Root() { distance }: Similarity): number {
    return distance;
  }

  @FieldResolver(() => Float, { description: '(1 + cosine) / 2, in [0, 1].' })
  certainty(@Root() { certainty }: Similarity): number {
    return certainty;
  }

  @FieldResolver(() => Float, {
    nullable: true,
    description:
      "CLIPScore of Hessel et al. 2021, 2.5 · max(cosine, 0), without the paper's prompt prefix; null unless one side is a text and the other an image.",
  })
  clipScore(@Root() { clipScore }: Similarity): number | undefined {
    return clipScore;
  }

  @FieldResolver(() => Float, {
    nullable: true,
    description: 'logitScale · cosine + logitBias; null where the model states no logit scale.',
  })
  logit(@Root() { logit }: Similarity): number | undefined {
    return logit;
  }

  @FieldResolver(() => Float, {
    nullable: true,
    description:
      'Sigmoid of the logit, in [0, 1]: how likely the two belong together, by themselves. Null where Model.scoring is SOFTMAX: such a model says only which of several fits best.',
  })
  probability(@Root() { probability }: Similarity): number | undefined {
    return probability;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'What this cosine means for this model and these kinds of content, in a sentence; null where the model does not state its typical scores.',
  })
  interpretation(@Root() { interpretation }: Similarity): string | undefined {
    return interpretation;
  }

  @FieldResolver(() => ModelType, { description: 'The model in whose space they are compared.' })
  model(@Root() { a }: Similarity): Model {
    return a.model;
  }

  @FieldResolver(() => EmbeddingType, { description: 'The first content.' })
  a(@Root() { a }: Similarity): Embedding {
    return a;
  }

  @FieldResolver(() => EmbeddingType, { description: 'The second content.' })
  b(@Root() { b }: Similarity): Embedding {
    return b;
  }
}
