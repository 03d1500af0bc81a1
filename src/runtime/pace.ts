/** How much of the newest measurement goes into the estimate. */
const LEARNING_RATE = 0.3;

function learned(known: number | undefined, measured: number): number {
  return known === undefined ? measured : known + LEARNING_RATE * (measured - known);
}

/** How fast a tower has been lately. */
export class Pace {
  #each: number | undefined;
  #alone: number | undefined;

  /** What a batch of one content takes; undefined before there was one. */
  get millisecondsAlone(): number | undefined {
    return this.#alone;
  }

  /** Contents of which a batch should take no longer than this; undefined before anything was measured. */
  contentsIn(milliseconds: number): number | undefined {
    return this.#each === undefined ? undefined : Math.floor(milliseconds / this.#each);
  }

  /** A batch of so many contents took so long. */
  learn(contents: number, milliseconds: number): void {
    this.#each = learned(this.#each, milliseconds / contents);
    if (contents === 1) this.#alone = learned(this.#alone, milliseconds);
  }
}
