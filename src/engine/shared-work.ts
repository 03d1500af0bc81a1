interface Shared<Value> {
  readonly promise: Promise<Value>;
  readonly controller: AbortController;
  waiting: number;
}

/** Work by key: who asks for what is already under way joins it, and it is cancelled when the last one leaves. */
export class SharedWork<Value> {
  readonly #running = new Map<string, Shared<Value>>();

  async join(
    key: string,
    signal: AbortSignal,
    start: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    signal.throwIfAborted();
    const shared = this.#running.get(key) ?? this.#start(key, start);
    shared.waiting++;
    let leave: (() => void) | undefined;
    const left = new Promise<never>((_, reject) => {
      leave = () => {
        shared.waiting--;
        if (shared.waiting === 0) {
          this.#forget(key, shared);
          shared.controller.abort(signal.reason);
        }
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true });
    });
    try {
      return await Promise.race([shared.promise, left]);
    } finally {
      if (leave !== undefined) signal.removeEventListener('abort', leave);
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

  #forget(key: string, shared: Shared<Value>): void {
    if (this.#running.get(key) === shared) this.#running.delete(key);
  }
}
