import { ClipgraphError } from '../errors/index.js';
import type { Client, Turn } from '../isolation/fair-queue.js';
import { untilAborted } from './cancelling.js';

interface Shared<Value> {
  /** In whose name it waits in queues. */
  readonly client: Client;
  readonly promise: Promise<Value>;
  readonly controller: AbortController;
  waiting: number;
}

function isRefusal(error: unknown): boolean {
  return error instanceof ClipgraphError && error.code === 'OVERLOADED';
}

/**
 * Work by key: who asks for what is already under way joins it, and it is cancelled when the last one leaves. It waits in the
 * name of who asked first; where that one is refused for having too much waiting, another client's join asks again in its own.
 */
export class SharedWork<Value> {
  readonly #running = new Map<string, Shared<Value>>();

  /**
   * @param turn whose signal ends the waiting
   * @param start begins the work, in a turn whose signal is aborted when nobody waits for it any more
   * @throws what the work throws; the reason of the turn's signal
   */
  async join(key: string, turn: Turn, start: (turn: Turn) => Promise<Value>): Promise<Value> {
    for (;;) {
      turn.signal.throwIfAborted();
      const shared = this.#running.get(key) ?? this.#start(key, turn, start);
      shared.waiting++;
      try {
        return await untilAborted(shared.promise, turn.signal);
      } catch (error) {
        if (shared.client === turn.client || !isRefusal(error)) throw error;
      } finally {
        shared.waiting--;
        // Nobody is left, and it is not done: whoever asks now begins anew.
        if (shared.waiting === 0 && this.#forget(key, shared)) shared.controller.abort(turn.signal.reason);
      }
    }
  }

  #start(key: string, turn: Turn, start: (turn: Turn) => Promise<Value>): Shared<Value> {
    const controller = new AbortController();
    const promise = start({ ...turn, signal: controller.signal });
    const shared: Shared<Value> = { client: turn.client, promise, controller, waiting: 0 };
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
