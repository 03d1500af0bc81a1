import {
  createSourceEventStream,
  execute,
  getNamedType,
  getNullableType,
  getOperationAST,
  isInputType,
  isListType,
  Kind,
  typeFromAST,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLInputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type NamedTypeNode,
} from 'graphql';
import { coerceInSlices } from './coerce.js';

/** Lists that were variables, as resolvers are given them, by the variables' names. */
type Lists = ReadonlyMap<string, readonly unknown[]>;

/** Types of which a list is an argument of a subscription: a variable that is one is an argument as a whole. */
function listedTypes(schema: GraphQLSchema): ReadonlySet<string> {
  const fields = Object.values(schema.getSubscriptionType()?.getFields() ?? {});
  const lists = fields.flatMap(({ args }) => args.filter(({ type }) => isListType(getNullableType(type))));
  return new Set(lists.map(({ type }) => getNamedType(type).name));
}

/** The types of the variables that are lists of arguments. */
function listVariables({ schema, document, operationName }: ExecutionArgs): Map<string, GraphQLInputType> {
  const listed = listedTypes(schema);
  const types = new Map<string, GraphQLInputType>();
  for (const { variable, type: node } of getOperationAST(document, operationName)?.variableDefinitions ??
    []) {
    const type = typeFromAST(schema, node as NamedTypeNode);
    if (type === undefined || !isInputType(type) || !isListType(getNullableType(type))) continue;
    if (listed.has(getNamedType(type).name)) types.set(variable.name.value, type);
  }
  return types;
}

/** @throws GraphQLError for what has the wrong type; variables are checked before */
async function readLists(args: ExecutionArgs): Promise<Lists> {
  const lists = new Map<string, readonly unknown[]>();
  for (const [name, type] of listVariables(args)) {
    const value = args.variableValues?.[name];
    if (!Array.isArray(value)) continue; // Left out, null, or one item: graphql-js knows what it is.
    const list = await coerceInSlices(value, type, (_path, _value, error) => {
      throw error;
    });
    lists.set(name, list as readonly unknown[]);
  }
  return lists;
}

/** Arguments with the lists among them that were variables. */
function withLists(
  lists: Lists,
  args: Readonly<Record<string, unknown>>,
  { fieldNodes }: GraphQLResolveInfo,
): Record<string, unknown> {
  const given = (fieldNodes[0].arguments ?? []).flatMap(({ name, value }) => {
    const list = value.kind === Kind.VARIABLE ? lists.get(value.name.value) : undefined;
    return list === undefined ? [] : [[name.value, list] as const];
  });
  return { ...args, ...Object.fromEntries(given) };
}

/** Lets the sources of all subscriptions of a schema be given the lists that `subscribe` has read. */
export function giveListsToSources(schema: GraphQLSchema): void {
  for (const field of Object.values(schema.getSubscriptionType()?.getFields() ?? {})) {
    const { subscribe: source } = field;
    if (source === undefined) continue;
    field.subscribe = (root, args: Readonly<Record<string, unknown>>, context, info): unknown =>
      source(root, root instanceof Map ? withLists(root as Lists, args, info) : args, context, info);
  }
}

/**
 * graphql-js' `subscribe`, with a cost per result and per turn of the event loop that does not grow with what was asked for:
 * graphql-js would read lists in one turn, and again for each result, 10,000 contents 10,000 times.
 */
export async function subscribe(
  args: ExecutionArgs,
): Promise<AsyncIterableIterator<ExecutionResult, undefined> | ExecutionResult> {
  const lists = await readLists(args);
  const empty = Object.fromEntries(Array.from(lists.keys(), (name) => [name, []]));
  const withoutLists = { ...args, variableValues: { ...args.variableValues, ...empty } };
  const source = await createSourceEventStream({ ...withoutLists, rootValue: lists });
  if (!(Symbol.asyncIterator in source)) return source;
  const events = source[Symbol.asyncIterator]() as AsyncIterator<unknown, undefined>;
  const done = { done: true, value: undefined } as const;
  const results: AsyncIterableIterator<ExecutionResult, undefined> = {
    next: async () => {
      const event = await events.next();
      if (event.done === true) return done;
      return { done: false, value: await execute({ ...withoutLists, rootValue: event.value }) };
    },
    return: async () => {
      await events.return?.();
      return done;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
  return results;
}
