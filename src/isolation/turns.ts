let last: Promise<void> = Promise.resolve();

/** Resolves in a turn of the event loop that no other caller gets: those who wait at once get one turn each. */
export function ownTurn(): Promise<void> {
  last = last.then(
    () =>
      new Promise((resolve) => {
        setImmediate(resolve);
      }),
  );
  return last;
}

/** Work that gives way: sockets, timers and others' work come between its slices. */
export interface Slices {
  /** Whether the slice has lasted long enough: `next()` is due. */
  readonly isOver: boolean;
  /** Ends the slice; the next one begins when this resolves. */
  next(): Promise<void>;
}

/**
 * Measures slices of work on the main thread.
 *
 * @param longestMs after so many milliseconds a slice is over
 */
export function slices(longestMs = 5): Slices {
  let from = performance.now();
  return {
    get isOver() {
      return performance.now() - from > longestMs;
    },
    next: async () => {
      await ownTurn();
      from = performance.now();
    },
  };
}
