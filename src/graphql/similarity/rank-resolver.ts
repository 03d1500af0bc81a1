import { Args, ArgsType, Ctx, Field, Float, Int, ObjectType, Query, Resolver } from 'type-graphql';
import {
  askRank,
  type ContentFailure,
  type Embedding,
  type Match,
  type Ranking,
  type Similarity,
} from '../../engine/index.js';
import { ClipgraphError } from '../../errors/index.js';
import { askOf, toEmbedOptions } from '../content/embedding-scope.js';
import { ContentInput, EmbedOptionsInput, OPTIONS, toContent } from '../content/inputs.js';
import type { Context } from '../context.js';
import { ContentErrorType } from '../embedding/embed-resolver.js';
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
      'Of the logit, by Model.scoring: SOFTMAX over the candidates, or SIGMOID of each by itself; null where the model states no logit scale.',
  })
  probability?: number;

  @Field(() => EmbeddingType, { description: "The candidate's." })
  embedding!: Embedding;

  @Field(() => SimilarityType, { description: 'Query and candidate compared.' })
  similarity!: Similarity;
}

@ObjectType('Ranking', { description: 'The candidates of a ranking, and those that have no place in it.' })
export class RankingType {
  @Field(() => [MatchType], { description: 'From the most to the least similar.' })
  matches!: readonly Match[];

  @Field(() => [ContentErrorType], {
    description: 'The candidates that could not be compared, and why, in the order of the request.',
  })
  failures!: readonly ContentFailure[];
}

/** What `rank` and `ranking` take. */
@ArgsType()
class RankArgs {
  @Field(() => ContentInput, { description: 'What is looked for.' })
  query!: ContentInput;

  @Field(() => [ContentInput], { description: 'Where it is looked for.' })
  candidates!: ContentInput[];

  @Field(() => Int, { nullable: true, description: 'At most so many; all if absent.' })
  limit?: number | null;

  @Field(() => EmbedOptionsInput, OPTIONS)
  options?: EmbedOptionsInput;
}

function checkLimit(limit: number | undefined | null): void {
  if (limit == null || limit >= 1) return;
  throw new ClipgraphError('BAD_USER_INPUT', `Expected a limit of at least 1 but received ${limit}.`);
}

@Resolver(() => MatchType)
export class RankResolver {
  @Query(() => [MatchType], {
    description:
      'Candidates from the most to the least similar; ties keep the candidates\' order. One that fails fails them all: ask ranking where that may be. For example `rank(query: {image: {example: "dog"}}, candidates: [{text: "a dog"}, {text: "a cat"}])`.',
  })
  async rank(
    @Args(() => RankArgs) { query, candidates, limit, options }: RankArgs,
    @Ctx() context: Context,
  ): Promise<readonly Match[]> {
    checkLimit(limit);
    const ask = askOf(context, toEmbedOptions(options));
    const { matches } = await askRank(ask, toContent(query), candidates.map(toContent), { allOrNone: true });
    return matches.slice(0, limit ?? undefined);
  }

  @Query(() => RankingType, {
    description:
      'As rank, for candidates that may fail: each failure in its own place, and the others ranked. ' +
      'For example `ranking(query: {text: "a dog"}, candidates: [{image: {example: "dog"}}]) { matches { index cosine } failures { index message } }`.',
  })
  async ranking(
    @Args(() => RankArgs) { query, candidates, limit, options }: RankArgs,
    @Ctx() context: Context,
  ): Promise<Pick<Ranking, 'matches' | 'failures'>> {
    checkLimit(limit);
    const ask = askOf(context, toEmbedOptions(options));
    const { matches, failures } = await askRank(ask, toContent(query), candidates.map(toContent));
    return { matches: matches.slice(0, limit ?? undefined), failures };
  }
}
