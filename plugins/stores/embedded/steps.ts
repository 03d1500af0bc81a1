import { setImmediate } from 'node:timers/promises';

/** Work in steps of some milliseconds at most. */
export type Steps<Result> = Generator<unknown, Result, undefined>;

/** The thread hears of what else is asked, and of who has left, this often. */
const TURN_MS = 5;

/**
 * @param mayEnd whether what is done now is for those alone who wait
 * @throws the signal's reason, and what the work throws
 */
export async function inTurns<Result>(
  steps: Steps<Result>,
  signal: AbortSignal,
  mayEnd: () => boolean,
): Promise<Result> {
  try {
    for (let end = performance.now() + TURN_MS; ;) {
      const { done, value } = steps.next();
      if (done === true) return value;
      if (performance.now() < end) continue;
      await setImmediate();
      if (mayEnd()) signal.throwIfAborted();
      end = performance.now() + TURN_MS;
    }
  } finally {
    steps.return(undefined as never);
  }
}
