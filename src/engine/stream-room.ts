/** Contents under way at once in a stream: full batches, and no more memory than that. */
const WINDOW = 64;
/** Of a runtime's largest batch: one runs, one waits in its worker, one is made. */
const BATCHES = 3;

/**
 * How much the streams of an embedder may have under way. They leave half of the queue to those who wait for an answer;
 * each may always have one content under way.
 */
export class StreamRoom {
  readonly #most: number;
  #window = WINDOW;
  #underWay = 0;

  /** @param maxQueue contents that may wait for a runtime */
  constructor(maxQueue: number) {
    this.#most = maxQueue / 2;
  }

  /** Whether a stream that has so many contents under way, or ready and not yet taken, may start another one. */
  hasRoom(own: number): boolean {
    return own === 0 || (own < this.#window && this.#underWay < this.#most);
  }

  /** A runtime that streams run on takes so many contents at a time: one of larger batches, a GPU, is kept busy. */
  widenFor(maxBatch: number): void {
    if (maxBatch > WINDOW) this.#window = Math.max(this.#window, BATCHES * maxBatch);
  }

  enter(): void {
    this.#underWay++;
  }

  leave(): void {
    this.#underWay--;
  }
}
