import { ClipgraphError } from '../errors/index.js';

const DONE = { done: true, value: undefined } as const;

/**
 * What a generator yields, ending at once when its reader returns: a generator alone would first finish the step that it
 * is at. The signal that it is given is aborted then, and with `signal`.
 */
export function endingStream<Value>(
  signal: AbortSignal,
  start: (signal: AbortSignal) => AsyncIterator<Value, undefined>,
): AsyncIterableIterator<Value, undefined> {
  const controller = new AbortController();
  const follow = (): void => {
    controller.abort(signal.reason);
  };
  if (signal.aborted) follow();
  else signal.addEventListener('abort', follow, { once: true });
  let isEnded = false;
  const hasEnded = (): boolean => isEnded;
  const end = (): typeof DONE => {
    isEnded = true;
    signal.removeEventListener('abort', follow);
    return DONE;
  };
  let values: AsyncIterator<Value, undefined> | undefined;
  return {
    next: async () => {
      if (hasEnded()) return DONE;
      values ??= start(controller.signal);
      try {
        const step = await values.next();
        return step.done === true ? end() : step;
      } catch (error) {
        if (hasEnded()) return DONE; // By its reader, who waits for nothing more.
        end();
        throw error;
      }
    },
    return: () => {
      end();
      controller.abort(new ClipgraphError('TIMEOUT', 'The stream was ended by its reader.'));
      values?.return?.().catch(() => undefined);
      return Promise.resolve(DONE);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
