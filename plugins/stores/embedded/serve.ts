import { parentPort } from 'node:worker_threads';
import { ClipgraphError } from 'clipgraph/store';
import type { Answer, Ask } from './wire.js';

/** What a thread does when it is asked. */
export type Handlers<Methods> = {
  readonly [Name in keyof Methods]: Methods[Name] extends (...values: infer Values) => infer Result
    ? (signal: AbortSignal, ...values: Values) => Result | Promise<Result>
    : never;
};

function errorFor(error: unknown): Answer['error'] {
  const { message, stack = message, cause } = error instanceof Error ? error : new Error(String(error));
  const detail = cause instanceof Error ? cause.message : stack;
  return { code: error instanceof ClipgraphError ? error.code : undefined, message, detail };
}

/** Answers what the main thread asks, until it says that no more comes. */
export function serve<Methods>(handlers: Handlers<Methods>, close: () => void): void {
  const port = parentPort;
  if (port === null) throw new Error('This is a program for a thread.');
  const running = new Map<number, AbortController>();
  const work = async ({
    id,
    method,
    values,
  }: Required<Pick<Ask, 'id' | 'method' | 'values'>>): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    const handler = handlers[method as keyof Methods] as (
      signal: AbortSignal,
      ...values: readonly unknown[]
    ) => unknown;
    try {
      port.postMessage({ id, result: await handler(controller.signal, ...values) } satisfies Answer);
    } catch (error) {
      port.postMessage({ id, error: errorFor(error) } satisfies Answer);
    } finally {
      running.delete(id);
    }
  };
  port.on('message', ({ id, method, values, isOver }: Ask) => {
    if (isOver === true) {
      close();
      port.close();
    } else if (method === undefined || values === undefined) running.get(id)?.abort();
    else void work({ id, method, values });
  });
}
