/** Contents under way at once in a stream: full batches, and no more memory than that. */
const WINDOW = 64;

/**
 * How much the streams of an embedder may have under way. They leave half of the queue to those who wait for an answer;
 * each may always have one content under way.
 */
export class StreamRoom {
  readonly #most: number;
  #underWay = 0;

  /** @param maxQueue contents that may wait for a runtime */
  constructor(maxQueue: number) {
    this.#most = maxQueue / 2;
  }

  /** Whether a stream that has so many contents under way, or ready and not yet taken, may start another one. */
  hasRoom(own: number): boolean {
    return own === 0 || (own < WINDOW && this.#underWay < this.#most);
  }

  enter(): void {
    this.#underWay++;
  }

  leave(): void {
    this.#underWay--;
  }
}
