import {
  createSourceEventStream,
  execute,
  getOperationAST,
  Kind,
  type ExecutionArgs,
  type ExecutionResult,
  type TypeNode,
} from 'graphql';

function isList(type: TypeNode): boolean {
  return type.kind === Kind.NON_NULL_TYPE ? isList(type.type) : type.kind === Kind.LIST_TYPE;
}

/**
 * The variables without their lists. Only the source of a subscription takes lists; graphql-js would read them again for
 * each result: 10,000 contents 10,000 times.
 */
function withoutLists({ document, operationName, variableValues }: ExecutionArgs) {
  const definitions = getOperationAST(document, operationName)?.variableDefinitions ?? [];
  const lists = definitions
    .filter(({ type }) => isList(type))
    .map(({ variable }) => [variable.name.value, []]);
  return { ...variableValues, ...Object.fromEntries(lists) } as ExecutionArgs['variableValues'];
}

/** graphql-js' `subscribe`, with a cost per result that does not grow with what was asked for. */
export async function subscribe(
  args: ExecutionArgs,
): Promise<AsyncIterableIterator<ExecutionResult, undefined> | ExecutionResult> {
  const source = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in source)) return source;
  const events = source[Symbol.asyncIterator]() as AsyncIterator<unknown, undefined>;
  const perEvent = { ...args, variableValues: withoutLists(args) };
  const done = { done: true, value: undefined } as const;
  const results: AsyncIterableIterator<ExecutionResult, undefined> = {
    next: async () => {
      const event = await events.next();
      if (event.done === true) return done;
      return { done: false, value: await execute({ ...perEvent, rootValue: event.value }) };
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
