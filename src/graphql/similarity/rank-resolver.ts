import { Arg, Ctx, Field, Float, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { rank, type Embedding, type Match, type Similarity } from '../../engine/index.js';
import { ClipgraphError } from '../../errors/index.js';
import { embedAll, embedOne, toEmbedOptions } from '../content/embedding-scope.js';
import { ContentInput, EmbedOptionsInput, OPTIONS, toContent } from '../content/inputs.js';
import type { Context } from '../context.js';
import { EmbeddingType } from '../embedding/embedding-type.js';
import { SimilarityType } from './similarity-type.js';

@ObjectType('Match', { description: 'A candidate and how alike it is to the query.' })
export class MatchType {
  @Field(() => Int, { description: "The candidate's place in the request." })
  index!: number;

  @Field(() => Float, { description: 'Cosine of the angle between the query and the candidate, in [-1, 1].' })
  cosine!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'Softmax of logitScale · cosine over the candidates; null where the model states no logit scale.',
  })
  probability?: number;

  @Field(() => EmbeddingType, { description: "The candidate's." })
  embedding!: Embedding;

  @Field(() => SimilarityType, { description: 'Query and candidate compared.' })
  similarity!: Similarity;
}

@Resolver(() => MatchType)
export class RankResolver {
  @Query(() => [MatchType], {
    description:
      'Candidates from the most to the least similar; ties keep the candidates\' order. For example `rank(query: {image: {example: "dog"}}, candidates: [{text: "a dog"}, {text: "a cat"}])`.',
  })
  async rank(
    @Arg('query', () => ContentInput, { description: 'What is looked for.' }) query: ContentInput,
    @Arg('candidates', () => [ContentInput], { description: 'Where it is looked for.' })
    candidates: ContentInput[],
    @Arg('limit', () => Int, { nullable: true, description: 'At most so many; all if absent.' })
    limit: number | undefined | null,
    @Arg('options', () => EmbedOptionsInput, OPTIONS) options: EmbedOptionsInput | undefined,
    @Ctx() context: Context,
  ): Promise<Match[]> {
    if (limit != null && limit < 1) {
      throw new ClipgraphError('BAD_USER_INPUT', `Expected a limit of at least 1 but received ${limit}.`);
    }
    const chosen = toEmbedOptions(options);
    const [subject, others] = await Promise.all([
      embedOne(context, toContent(query), chosen, 'query'),
      embedAll(context, candidates.map(toContent), chosen, 'candidates'),
    ]);
    return rank(subject, others).slice(0, limit ?? undefined);
  }
}
