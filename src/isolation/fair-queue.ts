/** Stands for who asks: the same value for all that belongs to one of them. */
export type Client = string | object;

/** For whom work waits in a queue. */
export interface Turn {
  /** Clients take turns, however many requests each of them has. */
  readonly client: Client;
  /** Stands for a request: those of a client take turns. */
  readonly group: object;
  /** Takes the work out of the queue. */
  readonly signal: AbortSignal;
}

/** Where work stands in the queue. */
export type Place = Pick<Turn, 'client' | 'group'>;

interface Waiting<Item> {
  /** What waits of a request, in the order of its coming; the request whose turn it is comes first. */
  readonly requests: Map<object, { readonly items: Set<Item>; readonly number: number }>;
  size: number;
}

/**
 * Clients take turns, and so do the requests of a client; a request's items are first in, first out. However much one client
 * has waiting, another one's item is among the next ones, one of each client. An item is in it once.
 */
export class FairQueue<Item> {
  /** Of whom something waits: those whose turn comes in this round, and those whose turn it was. */
  #now = new Map<Client, Waiting<Item>>();
  #next = new Map<Client, Waiting<Item>>();
  /** Whose turn it was in this round, also those of whom nothing waits: who comes back waits for the next one. */
  readonly #served = new Set<Client>();
  #size = 0;
  #requests = 0;
  #numbered = 0;

  get size(): number {
    return this.#size;
  }

  /** Requests of which something waits. */
  get groups(): number {
    return this.#requests;
  }

  /** Clients of whom something waits, and how much. */
  *counts(): Generator<readonly [client: Client, count: number], void, undefined> {
    for (const round of [this.#now, this.#next]) {
      for (const [client, { size }] of round) yield [client, size];
    }
  }

  push({ client, group }: Place, item: Item): void {
    const waiting = this.#of(client) ?? this.#meet(client);
    const request = waiting.requests.get(group);
    if (request === undefined) {
      waiting.requests.set(group, { items: new Set([item]), number: this.#numbered++ });
      this.#requests++;
    } else {
      request.items.add(item);
    }
    waiting.size++;
    this.#size++;
  }

  /** The item whose turn it is, which stays where it is: the turn passes to the next client, and to the client's next request. */
  next(): Item | undefined {
    return this.#turn()?.item;
  }

  /** Removes up to `count` items, one of each client in turn. */
  take(count: number): Item[] {
    const taken: Item[] = [];
    while (taken.length < count) {
      const turn = this.#turn();
      if (turn === undefined) break;
      this.remove(turn, turn.item);
      taken.push(turn.item);
    }
    return taken;
  }

  /** What waits of a client, its newest request first, and the last of each first. */
  *newestOf(client: Client): Generator<Item, void, undefined> {
    const requests = [...(this.#of(client)?.requests.values() ?? [])];
    requests.sort((a, b) => b.number - a.number);
    for (const { items } of requests) yield* [...items].reverse();
  }

  /** Nothing, where it is not in the queue. */
  remove({ client, group }: Place, item: Item): void {
    const waiting = this.#of(client);
    const items = waiting?.requests.get(group)?.items;
    if (waiting === undefined || items?.delete(item) !== true) return;
    this.#size--;
    waiting.size--;
    if (items.size > 0) return;
    waiting.requests.delete(group);
    this.#requests--;
    if (waiting.size > 0) return;
    if (!this.#now.delete(client)) this.#next.delete(client);
    if (this.#size === 0) this.#served.clear();
  }

  #of(client: Client): Waiting<Item> | undefined {
    return this.#now.get(client) ?? this.#next.get(client);
  }

  /** Whoever was not served in this round still is, before those who were. */
  #meet(client: Client): Waiting<Item> {
    const waiting = { requests: new Map(), size: 0 };
    (this.#served.has(client) ? this.#next : this.#now).set(client, waiting);
    return waiting;
  }

  #turn(): (Place & { readonly item: Item }) | undefined {
    if (this.#now.size === 0) {
      [this.#now, this.#next] = [this.#next, this.#now];
      this.#served.clear();
    }
    for (const [client, waiting] of this.#now) {
      this.#now.delete(client);
      this.#next.set(client, waiting);
      this.#served.add(client);
      for (const [group, request] of waiting.requests) {
        waiting.requests.delete(group);
        waiting.requests.set(group, request);
        for (const item of request.items) return { client, group, item };
      }
    }
    return undefined;
  }
}
