interface Waiting<Given, Answer> {
  readonly given: Given;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Many small askers, few large questions: who comes while one is under way goes with the next one, all of them together.
 * Databases call it group commit.
 */
export class Gathering<Given, Answer> {
  readonly #askTogether: (all: readonly Given[]) => Promise<readonly Answer[]>;
  readonly #most: number;
  readonly #waiting: Waiting<Given, Answer>[] = [];
  #isUnderWay = false;

  /**
   * @param askTogether answers each in its place
   * @param most that go together
   */
  constructor(askTogether: (all: readonly Given[]) => Promise<readonly Answer[]>, most: number) {
    this.#askTogether = askTogether;
    this.#most = most;
  }

  ask(given: Given): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ given, resolve, reject });
      if (this.#isUnderWay) return;
      this.#isUnderWay = true;
      // Who comes in the same turn goes with them.
      setImmediate(() => void this.#go());
    });
  }

  async #go(): Promise<void> {
    while (this.#waiting.length > 0) {
      const together = this.#waiting.splice(0, this.#most);
      try {
        const answers = await this.#askTogether(together.map(({ given }) => given));
        for (const [i, { resolve }] of together.entries()) resolve(answers[i]);
      } catch (error) {
        for (const { reject } of together) reject(error);
      }
    }
    this.#isUnderWay = false;
  }
}
