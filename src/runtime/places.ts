/** How many do something at a time; who comes first has the next place. */
export class Places {
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  /** @param count of places; no limit if absent */
  async use<Result>(count = Infinity, work: () => Promise<Result>): Promise<Result> {
    if (this.#taken >= count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#taken++;
    try {
      return await work();
    } finally {
      // A place goes from hand to hand: nobody else takes it in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#taken--;
      else next();
    }
  }
}
