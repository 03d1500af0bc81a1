import type { Steps, TokenizeOptions, Tokens } from '../core/text/index.js';
import { FairQueue, type Turn } from '../isolation/fair-queue.js';
import { slices, type Slices } from '../isolation/turns.js';
import type { Model } from '../models/index.js';
import { checkTextSize } from './content.js';
import { untilAborted } from './cancelling.js';

interface Job {
  readonly turn: Turn;
  readonly steps: Steps<Tokens>;
  readonly resolve: (tokens: Tokens) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Tokenises on the main thread, one text of a request after the other and in slices: between two of them the event loop
 * goes on. Clients take turns, a slice each, and so do the requests of each; what nobody waits for any more is dropped.
 */
export class Tokenising {
  readonly #maxTextBytes: number;
  /** Texts that have begun are in it until they are done: those of a request one by one, so that one has memory of its own. */
  readonly #texts = new FairQueue<Job>();
  #isRunning = false;

  /** @param maxTextBytes of a text; longer ones are refused before anything is done about them */
  constructor(maxTextBytes: number) {
    this.#maxTextBytes = maxTextBytes;
  }

  /**
   * @throws TEXT_TOO_LONG, BAD_USER_INPUT, MODALITY_NOT_SUPPORTED, MODEL_UNAVAILABLE
   */
  async run(text: string, model: Model, options: TokenizeOptions, turn: Turn): Promise<Tokens> {
    checkTextSize(text, this.#maxTextBytes);
    const tokenizer = await untilAborted(model.tokenizer(), turn.signal);
    let forget: (() => void) | undefined;
    const done = new Promise<Tokens>((resolve, reject) => {
      const job = { turn, steps: tokenizer.inSteps(text, options), resolve, reject };
      forget = () => {
        this.#texts.remove(turn, job);
      };
      this.#texts.push(turn, job);
    });
    if (!this.#isRunning) void this.#work();
    return untilAborted(done, turn.signal).finally(forget);
  }

  async #work(): Promise<void> {
    this.#isRunning = true;
    const work = slices({ place: { client: this, group: this } });
    await work.next(); // Whoever came first has used this turn.
    for (let job = this.#texts.next(); job !== undefined; job = this.#texts.next()) {
      if (this.#isDone(job, work)) this.#texts.remove(job.turn, job);
      if (work.isOver) await work.next();
    }
    this.#isRunning = false;
  }

  /** Goes on with a text until it is done or the slice is over. */
  #isDone({ steps, resolve, reject }: Job, work: Slices): boolean {
    try {
      do {
        const { done, value } = steps.next();
        if (done === true) {
          resolve(value);
          return true;
        }
      } while (!work.isOver);
      return false;
    } catch (error) {
      reject(error);
      return true;
    }
  }
}
