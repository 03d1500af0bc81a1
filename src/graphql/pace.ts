import {
  defaultFieldResolver,
  getNamedType,
  isCompositeType,
  isIntrospectionType,
  isObjectType,
  Kind,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import { SharedTurns } from '../isolation/turns.js';
import type { Context } from './context.js';

/** Fields that are resolved in one turn of the event loop: some 10 ms. */
const resolved = new SharedTurns(1500);
/** Questions that begin in one turn, each with its signals and its way through the engine: some 2 ms. */
const started = new SharedTurns(4);

/** The fields that an object is asked for, those of objects in it aside: they wait for themselves. */
function fieldsOf({ fieldNodes, fragments }: GraphQLResolveInfo): number {
  const count = ({ selections }: SelectionSetNode): number =>
    selections.reduce((sum, node) => {
      if (node.kind === Kind.FIELD) return sum + 1;
      if (node.kind === Kind.INLINE_FRAGMENT) return sum + count(node.selectionSet);
      return sum + count(fragments[node.name.value].selectionSet);
    }, 0);
  return fieldNodes.reduce((sum, { selectionSet }) => sum + (selectionSet ? count(selectionSet) : 0), 0);
}

/**
 * Lets the event loop go on between the objects of an answer: graphql-js begins all aliases, and resolves all the fields of
 * a list of results, in one turn, thousands of them.
 */
export function paceAnswers(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || isIntrospectionType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (!isCompositeType(getNamedType(field.type))) continue;
      const { resolve = defaultFieldResolver } = field;
      field.resolve = async (source, args, context: Context, info): Promise<unknown> => {
        const place = { client: context.client, group: context.signal };
        if (field.args.length > 0) await started.share(1, place);
        const value: unknown = await resolve(source, args, context, info);
        const fields = fieldsOf(info);
        const inItsTurn = async (item: unknown): Promise<unknown> => {
          await resolved.share(fields, place);
          return item;
        };
        return Array.isArray(value) ? value.map(inItsTurn) : inItsTurn(value);
      };
    }
  }
}
