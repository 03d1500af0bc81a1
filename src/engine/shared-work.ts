import { untilAborted } from './cancelling.js';

interface Shared<Value> {
  readonly promise: Promise<Value>;
  readonly controller: AbortController;
  waiting: number;
}

/** Work by key: who asks for what is already under way joins it, and it is cancelled when the last one leaves. */
export class SharedWork<Value> {
  readonly #running = new Map<string, Shared<Value>>();

  /**
   * @param start begins the work; its signal is aborted when nobody waits for it any more
   * @throws what the work throws; the reason of `signal`
   */
  async join(
    key: string,
    signal: AbortSignal,
    start: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    signal.throwIfAborted();
    const shared = this.#running.get(key) ?? this.#start(key, start);
    shared.waiting++;
    try {
      return await untilAborted(shared.promise, signal);
    } finally {
      shared.waiting--;
      // Nobody is left, and it is not done: whoever asks now begins anew.
      if (shared.waiting === 0 && this.#forget(key, shared)) shared.controller.abort(signal.reason);
    }
  }

  #start(key: string, start: (signal: AbortSignal) => Promise<Value>): Shared<Value> {
    const controller = new AbortController();
    const shared: Shared<Value> = { promise: start(controller.signal), controller, waiting: 0 };
    this.#running.set(key, shared);
    const forget = (): void => {
      this.#forget(key, shared);
    };
    shared.promise.then(forget, forget);
    return shared;
  }

  /** Whether it was still under way. */
  #forget(key: string, shared: Shared<Value>): boolean {
    return this.#running.get(key) === shared && this.#running.delete(key);
  }
}
