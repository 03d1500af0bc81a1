import 'reflect-metadata';
import {
  GraphQLInputObjectType,
  isIntrospectionType,
  isObjectType,
  lexicographicSortSchema,
  printSchema,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';
import { buildSchema, type PubSub } from 'type-graphql';
import { AddItemsResolver } from './collection/add-items-resolver.js';
import { CollectionResolver } from './collection/collection-resolver.js';
import { CollectionFieldsResolver, ItemConnectionResolver } from './collection/collection-type.js';
import { ClusterResolver, DuplicateGroupResolver, GroupsResolver } from './collection/groups-resolver.js';
import { ItemFieldsResolver } from './collection/item-type.js';
import { ReindexResolver } from './collection/reindex-resolver.js';
import { HitResolver, ItemRelationsResolver, SearchResolver } from './collection/search-type.js';
import { StoreResolver } from './collection/store-type.js';
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
import { giveListsToSources } from './subscribe.js';

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
      StoreResolver,
      CollectionResolver,
      CollectionFieldsResolver,
      ItemConnectionResolver,
      ItemFieldsResolver,
      ItemRelationsResolver,
      HitResolver,
      SearchResolver,
      AddItemsResolver,
      GroupsResolver,
      DuplicateGroupResolver,
      ClusterResolver,
      ReindexResolver,
    ],
    validate: false,
    pubSub: NO_PUB_SUB,
  });
  for (const name of ONE_OF_INPUTS) {
    const type = schema.getType(name);
    if (type instanceof GraphQLInputObjectType) type.isOneOf = true;
  }
  for (const field of Object.values(schema.getTypeMap()).flatMap(fieldsOf)) {
    // Decorators of parameters run from the last to the first, those of an ArgsType in order; `options` is always the last.
    if (field.args.at(-1)?.name !== 'options') field.args = [...field.args].reverse();
  }
  paceAnswers(schema);
  giveListsToSources(schema);
  return schema;
}

function fieldsOf(type: GraphQLNamedType): GraphQLField<unknown, unknown>[] {
  return isObjectType(type) && !isIntrospectionType(type) ? Object.values(type.getFields()) : [];
}

/**
 * The schema in its own language: what `schema/schema.graphql` holds. Types and fields are sorted; arguments stand in the
 * order in which they are read.
 */
export function printSortedSchema(schema: GraphQLSchema): string {
  const sorted = lexicographicSortSchema(schema);
  for (const type of Object.values(sorted.getTypeMap())) {
    const own = schema.getType(type.name);
    if (!isObjectType(own)) continue;
    for (const field of fieldsOf(type)) {
      const order = own.getFields()[field.name].args.map(({ name }) => name);
      field.args = [...field.args].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
    }
  }
  return `${printSchema(sorted)}\n`;
}
