import { FairQueue, type Turn } from '../isolation/fair-queue.js';

/** Lets a few go on at once; the others wait their turn. */
export class Slots {
  #free: number;
  readonly #waiting = new FairQueue<() => void>();

  constructor(count: number) {
    this.#free = count;
  }

  /**
   * @returns what gives the slot back, once
   * @throws the signal's reason
   */
  async take(turn: Turn): Promise<() => void> {
    turn.signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#wait(turn);
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      const next = this.#waiting.take(1).at(0);
      if (next === undefined) this.#free++;
      else next();
    };
  }

  #wait(turn: Turn): Promise<void> {
    const { signal } = turn;
    return new Promise((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.remove(turn, go);
        reject(signal.reason as Error);
      };
      this.#waiting.push(turn, go);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}
