import type { Steps } from '../core/steps.js';
import { FairQueue, type Place } from './fair-queue.js';

const waiting = new FairQueue<() => void>();
/** Whoever does not say for whom it works. */
const ANYBODY: Place = { client: 'anybody', group: {} };
let isComing = false;

function nextTurn(): void {
  isComing = waiting.size > 0;
  if (!isComing) return;
  setImmediate(() => {
    const [begin] = waiting.take(1);
    begin();
    nextTurn();
  });
}

/**
 * Resolves in a turn of the event loop that no other caller gets: those who wait at once get one turn each, clients and their
 * requests by turns.
 */
export function ownTurn(place: Place = ANYBODY): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(place, resolve);
    if (!isComing) nextTurn();
  });
}

/** Work that gives way: sockets, timers and others' work come between its slices. */
export interface Slices {
  /** Whether the slice has lasted long enough: `next()` is due. */
  readonly isOver: boolean;
  /** Ends the slice; the next one begins when this resolves. */
  next(): Promise<void>;
}

interface SliceOptions {
  readonly longestMs?: number;
  readonly place?: Place;
}

/**
 * Measures slices of work on the main thread.
 *
 * @param options.longestMs after so many milliseconds a slice is over
 * @param options.place for whom the work is
 */
export function slices({ longestMs = 5, place = ANYBODY }: SliceOptions = {}): Slices {
  let from = performance.now();
  return {
    get isOver() {
      return performance.now() - from > longestMs;
    },
    next: async () => {
      await ownTurn(place);
      from = performance.now();
    },
  };
}

/** What the steps come to, done in slices. */
export async function inSlices<Result>(steps: Steps<Result>, options?: SliceOptions): Promise<Result> {
  const work = slices(options);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (work.isOver) await work.next();
  }
}

interface Share {
  readonly units: number;
  readonly begin: () => void;
}

/**
 * Turns of the event loop that several callers share, up to so much work in each; clients and their requests by turns. For work
 * that begins when a share is there, is done by somebody else's code, and cannot be interrupted.
 */
export class SharedTurns {
  readonly #unitsOfATurn: number;
  readonly #place: Place = { client: this, group: this };
  readonly #shares = new FairQueue<Share>();
  #first: Share | undefined;
  #isComing = false;

  /** @param unitsOfATurn more of one caller are done in a turn of their own */
  constructor(unitsOfATurn: number) {
    this.#unitsOfATurn = unitsOfATurn;
  }

  /** Resolves in a turn that has room for so many units. */
  share(units: number, place: Place = ANYBODY): Promise<void> {
    return new Promise((begin) => {
      this.#shares.push(place, { units, begin });
      if (!this.#isComing) void this.#begin();
    });
  }

  async #begin(): Promise<void> {
    this.#isComing = true;
    while (this.#take() !== undefined) {
      await ownTurn(this.#place);
      let taken = 0;
      for (let share = this.#take(); share !== undefined; share = this.#take()) {
        if (taken > 0 && taken + share.units > this.#unitsOfATurn) break;
        taken += share.units;
        this.#first = undefined;
        share.begin();
      }
    }
    this.#isComing = false;
  }

  /** The share whose turn it is, until it has begun. */
  #take(): Share | undefined {
    return (this.#first ??= this.#shares.take(1).at(0));
  }
}
