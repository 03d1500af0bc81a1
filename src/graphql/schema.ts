import 'reflect-metadata';
import { GraphQLInputObjectType, lexicographicSortSchema, printSchema, type GraphQLSchema } from 'graphql';
import { buildSchema, type PubSub } from 'type-graphql';
import { ONE_OF_INPUTS } from './content/inputs.js';
import { EmbedResolver } from './embedding/embed-resolver.js';
import { TokenizeResolver } from './embedding/tokenize-resolver.js';
import { TokenEmbeddingsFieldsResolver, TokenEmbeddingsResolver } from './embedding/token-embeddings.js';
import { EmbeddingFieldsResolver, TokensResolver } from './embedding/embedding-type.js';
import { ModelResolver } from './model/model-type.js';
import { paceAnswers } from './pace.js';
import { RuntimeResolver } from './runtime/runtime-type.js';
import { ServerInfoResolver } from './server-info/server-info-type.js';
import { ClassifyResolver } from './similarity/classify-resolver.js';
import { SimilarityMatrixResolver } from './similarity/matrix-resolver.js';
import { RankResolver } from './similarity/rank-resolver.js';
import { SimilarityToResolver } from './similarity/similarity-to-resolver.js';
import { SimilarityResolver } from './similarity/similarity-type.js';

/** type-graphql asks for one where there is a subscription; ours makes its own iterator. */
const NO_PUB_SUB: PubSub = {
  publish: () => undefined,
  subscribe: () => {
    throw new Error('No subscription is published to.');
  },
};

/** The executable schema. */
export async function createSchema(): Promise<GraphQLSchema> {
  const schema = await buildSchema({
    resolvers: [
      EmbedResolver,
      EmbeddingFieldsResolver,
      TokensResolver,
      TokenizeResolver,
      TokenEmbeddingsResolver,
      TokenEmbeddingsFieldsResolver,
      SimilarityResolver,
      SimilarityToResolver,
      SimilarityMatrixResolver,
      RankResolver,
      ClassifyResolver,
      ModelResolver,
      RuntimeResolver,
      ServerInfoResolver,
    ],
    validate: false,
    pubSub: NO_PUB_SUB,
  });
  for (const name of ONE_OF_INPUTS) {
    const type = schema.getType(name);
    if (type instanceof GraphQLInputObjectType) type.isOneOf = true;
  }
  paceAnswers(schema);
  return schema;
}

/** The schema in its own language, sorted: what `schema/schema.graphql` holds. */
export function printSortedSchema(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
