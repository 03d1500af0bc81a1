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

/**
 * Turns of the event loop that several callers share, up to so much work in each. For work that begins when a share is
 * there, is done by somebody else's code, and cannot be interrupted.
 */
export class SharedTurns {
  readonly #unitsOfATurn: number;
  #next: { readonly began: Promise<void>; taken: number } | undefined;

  /** @param unitsOfATurn more of one caller are done in a turn of their own */
  constructor(unitsOfATurn: number) {
    this.#unitsOfATurn = unitsOfATurn;
  }

  /** Resolves in a turn that has room for so many units. */
  share(units: number): Promise<void> {
    if (this.#next === undefined || this.#next.taken + units > this.#unitsOfATurn) {
      const turn = { began: ownTurn(), taken: 0 };
      this.#next = turn;
      void turn.began.then(() => {
        if (this.#next === turn) this.#next = undefined;
      });
    }
    this.#next.taken += units;
    return this.#next.began;
  }
}
