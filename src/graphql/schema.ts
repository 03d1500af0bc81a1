import 'reflect-metadata';
import { GraphQLInputObjectType, lexicographicSortSchema, printSchema, type GraphQLSchema } from 'graphql';
import { buildSchema } from 'type-graphql';
import { ONE_OF_INPUTS } from './content/inputs.js';
import { EmbedResolver } from './embedding/embed-resolver.js';
import { EmbeddingFieldsResolver, TokensResolver } from './embedding/embedding-type.js';
import { ModelResolver } from './model/model-type.js';
import { RuntimeResolver } from './runtime/runtime-type.js';
import { ServerInfoResolver } from './server-info/server-info-type.js';
import { RankResolver } from './similarity/rank-resolver.js';
import { SimilarityResolver } from './similarity/similarity-type.js';

/** The executable schema. */
export async function createSchema(): Promise<GraphQLSchema> {
  const schema = await buildSchema({
    resolvers: [
      EmbedResolver,
      EmbeddingFieldsResolver,
      TokensResolver,
      SimilarityResolver,
      RankResolver,
      ModelResolver,
      RuntimeResolver,
      ServerInfoResolver,
    ],
    validate: false,
  });
  for (const name of ONE_OF_INPUTS) {
    const type = schema.getType(name);
    if (type instanceof GraphQLInputObjectType) type.isOneOf = true;
  }
  return schema;
}

/** The schema in its own language, sorted: what `schema/schema.graphql` holds. */
export function printSortedSchema(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
