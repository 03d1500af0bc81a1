/** Milliseconds after which what was refused may be asked again; doubled for each further refusal. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;

/**
 * A question whose answer may change from no to yes: a service comes up, a device is freed. A refusal is not for life: it is
 * asked again when somebody wants to know, but not more often than the waits allow. A yes is kept.
 */
export class Probing<Probe extends { readonly ready: boolean }> {
  readonly #ask: () => Promise<Probe>;
  readonly #now: () => number;
  #last: Promise<Probe> | undefined;
  #refusals = 0;
  #againAt = 0;

  /** @param now in milliseconds */
  constructor(ask: () => Promise<Probe>, now: () => number = () => performance.now()) {
    this.#ask = ask;
    this.#now = now;
  }

  /** Whether the next question is asked of the runtime, not answered from what it said last. */
  get isDue(): boolean {
    return this.#last === undefined || this.#now() >= this.#againAt;
  }

  /** @throws what asking throws; that counts as a refusal */
  probe(): Promise<Probe> {
    if (this.#last === undefined || this.isDue) this.#last = this.#renew();
    return this.#last;
  }

  /** Forgets what was said: the next question is asked anew. */
  forget(): void {
    this.#last = undefined;
    this.#refusals = 0;
  }

  async #renew(): Promise<Probe> {
    this.#againAt = Infinity;
    let probe: Probe | undefined;
    try {
      probe = await this.#ask();
      return probe;
    } finally {
      if (probe?.ready !== true) {
        this.#againAt = this.#now() + Math.min(FIRST_WAIT_MS * 2 ** this.#refusals, LONGEST_WAIT_MS);
        this.#refusals++;
      }
    }
  }
}
