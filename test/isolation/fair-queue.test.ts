import { FairQueue } from '../../src/isolation/fair-queue.js';

type Item = readonly [client: string, request: number, place: number];

/** Pushes as many items as each request of each client has. */
function queueOf(requests: Readonly<Record<string, readonly number[]>>): FairQueue<Item> {
  const queue = new FairQueue<Item>();
  for (const [client, counts] of Object.entries(requests)) {
    for (const [request, count] of counts.entries()) {
      const group = {};
      for (let place = 0; place < count; place++) queue.push({ client, group }, [client, request, place]);
    }
  }
  return queue;
}

const many = (requests: number, each: number) => Array<number>(requests).fill(each);

describe('a fair queue', () => {
  it('serves clients in turn, the requests of each in turn, and a request in its order', () => {
    const queue = queueOf({ a: [2, 2], b: [1, 3] });
    expect(queue.size).toBe(8);
    expect(queue.groups).toBe(4);
    const taken = queue.take(99);
    expect(taken.map(([client]) => client).join('')).toBe('abababab');
    const of = (name: string) =>
      taken.filter(([client]) => client === name).map(([, request, place]) => `${request}.${place}`);
    expect(of('a')).toEqual(['0.0', '1.0', '0.1', '1.1']);
    expect(of('b')).toEqual(['0.0', '1.0', '1.1', '1.2']);
    expect(queue.size).toBe(0);
    expect(queue.groups).toBe(0);
    expect(queue.take(1)).toEqual([]);
  });

  it.each([1, 3, 16])(
    'takes what a client asks among the next items, one for each client, whatever the others have waiting (%d at a time)',
    (atOnce) => {
      const queue = queueOf({ flood: many(300, 20), other: many(300, 20) });
      for (let i = 0; i < 50; i++) queue.take(atOnce);
      const quiet: Item = ['quiet', 0, 0];
      queue.push({ client: 'quiet', group: {} }, quiet);
      expect(queue.take(3)).toContain(quiet);
    },
  );

  it('serves whoever was not served yet before whoever was, and nobody twice before all others', () => {
    const queue = queueOf({ flood: many(9, 9), other: many(9, 9) });
    const push = (client: string) => {
      queue.push({ client, group: {} }, [client, 0, 0]);
    };
    queue.take(3); // flood, other, flood: it is the other one's turn.
    push('quiet');
    expect(queue.take(1)[0][0]).toBe('other');
    expect(queue.take(1)[0][0]).toBe('quiet');
    push('quiet'); // Again, at once: that is of the next round.
    expect(queue.take(3).map(([client]) => client)).toEqual(['flood', 'other', 'quiet']);
    push('quiet');
    push('newcomer');
    expect(queue.take(4).map(([client]) => client)).toEqual(['newcomer', 'flood', 'other', 'quiet']);
  });

  it('gives every client the same, however many requests each has', () => {
    const queue = queueOf({ flood: many(200, 10), few: many(2, 100), one: [150] });
    const counts = { flood: 0, few: 0, one: 0 };
    for (const [client] of queue.take(300)) counts[client as keyof typeof counts]++;
    expect(counts).toEqual({ flood: 100, few: 100, one: 100 });
  });

  it('passes the turn on while an item stays', () => {
    const queue = queueOf({ a: [1, 1], b: [1] });
    const seen = Array.from({ length: 6 }, () => queue.next()?.slice(0, 2).join(''));
    expect(seen).toEqual(['a0', 'b0', 'a1', 'b0', 'a0', 'b0']);
    expect(queue.size).toBe(3);
  });

  it('loses what is removed, once', () => {
    const queue = new FairQueue<string>();
    const place = { client: 'a', group: {} };
    for (const item of ['x', 'y', 'z']) queue.push(place, item);
    queue.remove(place, 'y');
    queue.remove(place, 'y');
    queue.remove({ client: 'b', group: {} }, 'x');
    expect([...queue.counts()]).toEqual([['a', 2]]);
    expect(queue.take(9)).toEqual(['x', 'z']);
    expect([...queue.counts()]).toEqual([]);
  });

  it('tells what waits of a client, its newest request first, whichever of them was served last', () => {
    const queue = queueOf({ a: [2, 3], b: [1] });
    queue.take(3); // Of a: one of the first request, one of the second.
    expect([...queue.newestOf('a')]).toEqual([
      ['a', 1, 2],
      ['a', 1, 1],
      ['a', 0, 1],
    ]);
    expect([...queue.newestOf('b')]).toEqual([]);
    expect(queue.size).toBe(3);
  });

  it('takes an item in steps whose number does not grow with what waits', () => {
    // Counted by what a walk over all requests of a client would ask for.
    let steps = 0;
    class CountedMap<Key, Value> extends Map<Key, Value> {
      override *[Symbol.iterator](): MapIterator<[Key, Value]> {
        for (const entry of this.entries()) {
          steps++;
          yield entry;
        }
        return undefined;
      }
    }
    const { Map: plain } = globalThis;
    globalThis.Map = CountedMap;
    try {
      const queue = queueOf(
        Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`client ${i}`, many(20, 2)])),
      );
      steps = 0;
      expect(queue.take(1000)).toHaveLength(1000);
      expect(steps).toBeGreaterThan(0);
      expect(steps).toBeLessThanOrEqual(2000); // A client and a request each.
    } finally {
      globalThis.Map = plain;
    }
  });
});
