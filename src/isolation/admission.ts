import type { Client } from './fair-queue.js';

/** What can be taken away from a client. */
export interface Held {
  /** What there is room for then: places, contents, bytes. */
  readonly count: number;
  /** Takes it away, and says why to whoever waits for it. */
  readonly refuse: (reason: Error) => void;
}

/** What clients hold of something that all of them share: places in a queue, contents, bytes. */
export interface Holdings {
  /** All of what they hold. */
  readonly size: number;
  /** Clients that hold something, and how much. */
  counts(): Iterable<readonly [client: Client, count: number]>;
  /** What a client holds, the newest first. */
  newestOf(client: Client): Iterable<Held>;
}

interface Asked {
  readonly client: Client;
  /** How much of it is asked for. Default 1. */
  readonly count?: number;
  /** How much all clients may hold together. */
  readonly max: number;
  /** What is said to whoever is refused. */
  readonly refusal: (held: number) => Error;
}

/** How much each client holds, of all of it. */
function countClients(holdings: readonly Holdings[]): Map<Client, number> {
  const counts = new Map<Client, number>();
  for (const holding of holdings) {
    for (const [client, count] of holding.counts()) counts.set(client, (counts.get(client) ?? 0) + count);
  }
  return counts;
}

/** What a client holds, first where it holds most. */
function* newestOf(holdings: readonly Holdings[], client: Client): Generator<Held, void, undefined> {
  const bySize = holdings
    .map((holding) => ({ holding, count: new Map(holding.counts()).get(client) ?? 0 }))
    .sort((a, b) => b.count - a.count);
  for (const { holding } of bySize) yield* holding.newestOf(client);
}

/**
 * Sees to it that there is room for what a client asks for. While all is full, whoever holds most is refused: where those are
 * other clients, the newest of what they hold makes room; nothing of it, where that would not be enough.
 *
 * @param holdings that share the room
 * @throws the refusal, where nobody holds more than this client would
 */
export function makeRoom(holdings: readonly Holdings[], { client, count = 1, max, refusal }: Asked): void {
  const held = holdings.reduce((sum, { size }) => sum + size, 0);
  if (held + count <= max) return;
  const counts = countClients(holdings);
  const own = (counts.get(client) ?? 0) + count;
  const leaving: Held[] = [];
  const newest = new Map<Client, Iterator<Held>>();
  for (let excess = held + count - max; excess > 0;) {
    const [largest, most] = [...counts].reduce<readonly [Client, number]>(
      (a, b) => (b[1] > a[1] ? b : a),
      [client, 0],
    );
    const ofLargest = newest.get(largest) ?? newestOf(holdings, largest)[Symbol.iterator]();
    newest.set(largest, ofLargest);
    const next = most > own ? ofLargest.next() : undefined;
    if (next === undefined || next.done === true) throw refusal(held);
    leaving.push(next.value);
    counts.set(largest, most - next.value.count);
    excess -= next.value.count;
  }
  for (const { refuse } of leaving) refuse(refusal(held));
}
