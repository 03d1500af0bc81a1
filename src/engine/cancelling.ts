import { setMaxListeners } from 'node:events';

/**
 * What comes of the work, or the signal's reason as soon as it is aborted: nobody waits longer than they want to. That
 * the work itself ends is up to who does it.
 *
 * @throws what the work throws; the signal's reason
 */
export async function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  let leave: (() => void) | undefined;
  const left = new Promise<never>((_, reject) => {
    leave = () => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([work, left]);
  } finally {
    if (leave !== undefined) signal.removeEventListener('abort', leave);
  }
}

/**
 * Work of several parts that end together: the first failure, or the abort of `parent`, aborts the signal that the parts
 * are given, so that nothing of them goes on for nobody.
 *
 * @throws what the first failing part throws; the parent's reason, at once
 */
export async function together<Value>(
  parent: AbortSignal,
  start: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  parent.throwIfAborted();
  // Not AbortSignal.any: a signal that lives long would remember every one that was ever joined to it.
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // One for each part that waits.
  const follow = (): void => {
    controller.abort(parent.reason);
  };
  parent.addEventListener('abort', follow, { once: true });
  try {
    return await untilAborted(start(controller.signal), parent);
  } catch (error) {
    controller.abort(error);
    throw error;
  } finally {
    parent.removeEventListener('abort', follow);
  }
}

const followers = new WeakMap<AbortSignal, AbortSignal>();

/**
 * A signal that is aborted with another one, and has as many listeners as it likes: of the eleventh of one signal Node.js
 * warns as of a leak, and a caller may give his to any number of calls.
 */
export function followerOf(signal: AbortSignal): AbortSignal {
  if (signal.aborted) return signal;
  const known = followers.get(signal);
  if (known !== undefined) return known;
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  signal.addEventListener(
    'abort',
    () => {
      controller.abort(signal.reason);
    },
    { once: true },
  );
  followers.set(signal, controller.signal);
  return controller.signal;
}
