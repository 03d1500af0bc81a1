import { makeRoom, type Holdings } from '../../src/isolation/admission.js';
import type { Client } from '../../src/isolation/fair-queue.js';
import { WaitingQueue } from '../../src/isolation/waiting.js';

const full = (held: number) => new Error(`${held} wait`);
const ask = (holdings: readonly Holdings[], client: string, max: number, count?: number) => () => {
  makeRoom(holdings, { client, max, refusal: full, ...(count === undefined ? {} : { count }) });
};

describe('a full queue', () => {
  const submit = (queue: WaitingQueue<number, string>, client: string, task: number) =>
    queue.submit(task, { client, group: {}, signal: new AbortController().signal }).then(
      () => 'done',
      (error: unknown) => (error as Error).message,
    );

  it('refuses whoever has the most waiting, in whichever queue: the newest work makes room', async () => {
    const queues = [new WaitingQueue<number, string>(), new WaitingQueue<number, string>()];
    const flood = Array.from({ length: 6 }, (_, i) => submit(queues[i % 2], 'flood', i));
    ask(queues, 'quiet', 7)();
    expect(ask(queues, 'flood', 6)).toThrow('6 wait');
    ask(queues, 'quiet', 6)();
    void submit(queues[0], 'quiet', 10);
    expect(await Promise.race(flood)).toBe('6 wait');
    expect(queues.flatMap((queue) => queue.take(9).map(({ task }) => task)).sort((a, b) => a - b)).toEqual(
      [0, 1, 2, 3, 4, 5, 10].filter((task) => task !== 4),
    );
  });

  it('refuses a client that would have as much waiting as any other', () => {
    const queue = new WaitingQueue<number, string>();
    for (const client of ['a', 'a', 'b', 'c', 'c']) void submit(queue, client, 0);
    ask([queue], 'd', 5)();
    for (const client of ['b', 'a', 'c']) expect(ask([queue], client, 4)).toThrow('4 wait');
  });
});

describe('what clients hold in pieces of any size', () => {
  /** Pieces by client, the oldest first. */
  function holdingsOf(pieces: Record<string, number[]>) {
    const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0);
    const holdings: Holdings = {
      get size() {
        return sum(Object.values(pieces).flat());
      },
      counts: () =>
        Object.entries(pieces).map(([client, counts]) => [client as Client, sum(counts)] as const),
      *newestOf(client: Client) {
        const held = pieces[client as string];
        for (const count of [...held].reverse()) yield { count, refuse: () => held.pop() };
      },
    };
    return holdings;
  }

  it('is taken from whoever holds most, until there is room', () => {
    const pieces = { flood: [40, 10, 30], quiet: [15], other: [5] };
    ask([holdingsOf(pieces)], 'quiet', 100, 20)();
    expect(pieces).toEqual({ flood: [40, 10], quiet: [15], other: [5] });
  });

  it('is taken from several who hold more, each the largest when it is', () => {
    const pieces = { a: [20, 20], b: [20, 25], c: [15] };
    ask([holdingsOf(pieces)], 'd', 100, 35)();
    expect(pieces).toEqual({ a: [20], b: [20], c: [15] });
  });

  it('is left to all of them where that would not be enough', () => {
    const pieces = { flood: [25, 25, 25, 25], quiet: [] };
    expect(ask([holdingsOf(pieces)], 'quiet', 100, 60)).toThrow('100 wait');
    expect(pieces.flood).toHaveLength(4);
  });

  it('is not taken from somebody who would hold no more than who asks', () => {
    const pieces = { a: [50], b: [50] };
    for (const client of ['a', 'b']) expect(ask([holdingsOf(pieces)], client, 100, 1)).toThrow('100 wait');
    expect(ask([holdingsOf(pieces)], 'c', 100, 50)).toThrow('100 wait');
    expect(pieces).toEqual({ a: [50], b: [50] });
  });
});
