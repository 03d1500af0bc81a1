import type { StoredCollection } from '../../stores/index.js';

/** Lets writers of one collection through, and holds them up while another one takes its place. */
export class WriteGate {
  #writing = 0;
  #held: Promise<void> | undefined;
  #letGo: ((failure?: Error) => void) | undefined;
  #whenIdle: (() => void) | undefined;

  /** @throws what `open` says they must be told */
  async write<Value>(work: () => Promise<Value>): Promise<Value> {
    while (this.#held !== undefined) await this.#held;
    this.#writing++;
    try {
      return await work();
    } finally {
      this.#writing--;
      if (this.#writing === 0) this.#whenIdle?.();
    }
  }

  /** Resolves when nobody writes any more, and nobody does until `open`. Of a closed gate nothing. */
  async close(): Promise<void> {
    if (this.#held !== undefined) return;
    this.#held = new Promise((resolve, reject) => {
      this.#letGo = (failure) => {
        this.#held = undefined;
        if (failure === undefined) resolve();
        else reject(failure);
      };
    });
    this.#held.catch(() => undefined); // Nobody may be waiting.
    if (this.#writing > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
    this.#whenIdle = undefined;
  }

  /**
   * Of an open gate nothing.
   *
   * @param failure for those who wait, where they must not write here any more
   */
  open(failure?: Error): void {
    this.#letGo?.(failure);
    this.#letGo = undefined;
  }
}

/** A collection whose changes go through a gate. */
export function gated(stored: StoredCollection, gate: WriteGate): StoredCollection {
  return {
    get spec() {
      return stored.spec;
    },
    state: () => stored.state(),
    upsert: (rows) => gate.write(() => stored.upsert(rows)),
    remove: (ids) => gate.write(() => stored.remove(ids)),
    get: (ids) => stored.get(ids),
    attachment: (id, kind) => stored.attachment(id, kind),
    count: (filter) => stored.count(filter),
    search: (queries, request) => stored.search(queries, request),
    scan: (request) => stored.scan(request),
    close: () => stored.close(),
  };
}
