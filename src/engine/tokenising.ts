import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Steps, TokenizeOptions, Tokens } from '../core/text/index.js';
import type { Turn } from '../isolation/fair-queue.js';
import type { Model } from '../models/index.js';
import { checkTextSize } from './content.js';
import { untilAborted } from './cancelling.js';

interface Job {
  readonly steps: Steps<Tokens>;
  readonly signal: AbortSignal;
  readonly resolve: (tokens: Tokens) => void;
  readonly reject: (reason: unknown) => void;
}

/** Milliseconds of tokenising after which the event loop gets a turn. */
const SLICE_MS = 5;

/**
 * Tokenises on the main thread, one text after the other and in slices: between two of them the event loop goes on.
 * Requests take turns, a slice each; what nobody waits for any more is dropped.
 */
export class Tokenising {
  readonly #maxTextBytes: number;
  /** Those of a request are done one by one, so that one text at a time has memory of its own. */
  readonly #groups = new Map<object, Job[]>();
  #isRunning = false;
  /** When the first work of this turn of the event loop began. */
  #turnBeganAt: number | undefined;

  /** @param maxTextBytes of a text; longer ones are refused before anything is done about them */
  constructor(maxTextBytes: number) {
    this.#maxTextBytes = maxTextBytes;
  }

  /**
   * @throws TEXT_TOO_LONG, BAD_USER_INPUT, MODALITY_NOT_SUPPORTED, MODEL_UNAVAILABLE
   */
  async run(text: string, model: Model, options: TokenizeOptions, turn: Turn): Promise<Tokens> {
    const { signal, group } = turn;
    checkTextSize(text, this.#maxTextBytes);
    const tokenizer = await untilAborted(model.tokenizer(), signal);
    const done = new Promise<Tokens>((resolve, reject) => {
      const job = { steps: tokenizer.inSteps(text, options), signal, resolve, reject };
      const jobs = this.#groups.get(group);
      if (jobs === undefined) this.#groups.set(group, [job]);
      else jobs.push(job);
    });
    if (!this.#isRunning) void this.#work();
    return untilAborted(done, signal);
  }

  async #work(): Promise<void> {
    this.#isRunning = true;
    while (this.#groups.size > 0) {
      if (this.#isSliceOver()) await nextTurn();
      for (const [group, jobs] of this.#groups) {
        // To the back: the next slice is another request's.
        this.#groups.delete(group);
        this.#workOn(jobs);
        if (jobs.length > 0) this.#groups.set(group, jobs);
        break;
      }
    }
    this.#isRunning = false;
  }

  /** Goes on with the first of the jobs, until it is done or the slice is over. */
  #workOn(jobs: Job[]): void {
    const [{ steps, signal, resolve, reject }] = jobs;
    try {
      while (!signal.aborted) {
        const { done, value } = steps.next();
        if (done === true) {
          resolve(value);
          break;
        }
        if (this.#isSliceOver()) return;
      }
    } catch (error) {
      reject(error);
    }
    jobs.shift();
  }

  #isSliceOver(): boolean {
    const now = performance.now();
    if (this.#turnBeganAt === undefined) {
      this.#turnBeganAt = now;
      setImmediate(() => {
        this.#turnBeganAt = undefined;
      });
    }
    return now - this.#turnBeganAt > SLICE_MS;
  }
}
