import { cosine } from '../../../src/core/similarity/index.js';
import { compareBytes } from '../../../src/stores/index.js';
import { lowestOf } from '../../../src/engine/collections/groups.js';
import type { DuplicateGroup, NewItem } from '../../../src/engine/index.js';
import type { ClipgraphError } from '../../../src/errors/index.js';
import { addAll, NEVER, runEngine, type RunningEngine } from './engine.js';

let engine: RunningEngine;
beforeAll(async () => {
  engine = await runEngine({ limits: { maxScanItems: 200 } });
});
afterAll(() => engine.close());

/** Numbers in [-1, 1] that look like chance, the same for the same place. */
const noise = (a: number, b: number): number => {
  const value = Math.sin(a * 127.1 + b * 311.7) * 43_758.5453;
  return 2 * (value - Math.floor(value)) - 1;
};

/** Vectors around some directions, each the same for the same numbers. */
function vectorAt(direction: number, member: number, spread: number): Float32Array {
  return Float32Array.from(
    { length: 384 },
    (_, i) => noise(direction + 1, i) + spread * noise(1000 + member, i),
  );
}

const ITEMS: NewItem[] = Array.from({ length: 60 }, (_, i) => ({
  id: `${String.fromCodePoint(97 + ((i * 7) % 26))}${i}`,
  content: { vector: { values: vectorAt(i % 6, i, i % 6 === 5 ? 3 : 0.05) } },
  metadata: { direction: i % 6 },
}));

/** What a plain loop finds: groups greedily in the order of ids. */
async function groupsByLoop(
  collection: Awaited<ReturnType<typeof engine.collections.get>>,
  threshold: number,
  isMeant: (id: string) => boolean = () => true,
) {
  const { nodes } = await collection.page({ first: 1000 }, NEVER);
  const items = nodes.filter(({ id }) => isMeant(id));
  const free = new Set(items.map(({ id }) => id));
  const groups: string[][] = [];
  for (const first of items) {
    if (!free.delete(first.id)) continue;
    const others = items
      .filter(({ id }) => free.has(id))
      .map(({ id, vector }) => ({ id, cosine: cosine(first.vector, vector) }))
      .filter((other) => other.cosine >= threshold)
      .sort((a, b) => b.cosine - a.cosine || compareBytes(a.id, b.id));
    for (const { id } of others) free.delete(id);
    if (others.length > 0) groups.push([first.id, ...others.map(({ id }) => id)]);
  }
  return groups;
}

describe('near-duplicates', () => {
  it('of more than 1,000 members are counted, and the first 1,000 given', async () => {
    const collection = await engine.collections.create({ name: 'many' });
    const values = vectorAt(1, 1, 0);
    const items = Array.from({ length: 1100 }, (_, i) => ({
      id: String(i).padStart(5, '0'),
      content: { vector: { values: i % 2 === 0 ? values : vectorAt(1, i, 0.05) } },
    }));
    await addAll(collection, items);
    const groups: DuplicateGroup[] = [];
    for await (const group of collection.duplicates({ threshold: 0.9 }, { signal: NEVER }))
      groups.push(group);
    const [{ size, items: given, cosine: lowest }] = groups;
    expect([groups.length, size, given.length]).toEqual([1, 1100, 1000]);
    expect(given[0].id).toBe('00000');
    expect(lowest).toBeLessThan(cosine(given[0].vector, given[1].vector));
    expect(lowest).toBeGreaterThanOrEqual(0.9);
    expect(lowestOf(Array.from({ length: 300_000 }, (_, i) => ({ cosine: 1 - i / 1e6 })))).toBeCloseTo(
      0.7,
      5,
    );
  });

  it('are what a plain loop finds, in a thread of their own', async () => {
    const collection = await engine.collections.create({ name: 'alike' });
    await addAll(collection, ITEMS);
    const expected = await groupsByLoop(collection, 0.98);
    expect(expected.length).toBeGreaterThan(4);
    const found: string[][] = [];
    for await (const { items, cosine: lowest, size } of collection.duplicates(
      { threshold: 0.98 },
      { signal: NEVER },
    )) {
      found.push(items.map(({ id }) => id));
      expect(size).toBe(items.length);
      const cosines = items.slice(1).map(({ vector }) => cosine(items[0].vector, vector));
      expect(lowest).toBe(Math.min(...cosines));
    }
    expect(found).toEqual(expected);
    const largest = await collection.largestDuplicates({ threshold: 0.98, first: 2 }, { signal: NEVER });
    const sizes = expected.map(({ length }) => length).sort((a, b) => b - a);
    expect(largest.map(({ size }) => size)).toEqual(sizes.slice(0, 2));
    const filter = { all: [{ key: 'direction', eq: 1 }] };
    const [only, ...none] = await collection.largestDuplicates(
      { threshold: 0.98, filter },
      { signal: NEVER },
    );
    expect(only.items.every(({ metadata }) => metadata.direction === 1)).toBe(true);
    expect(none).toEqual([]);
  });

  it('are looked for among those that are meant alone: one that is not begins no group', async () => {
    const collection = await engine.collections.get('alike');
    const [[first]] = await groupsByLoop(collection, 0.98);
    const expected = await groupsByLoop(collection, 0.98, (id) => id !== first);
    const found: string[][] = [];
    const isMeant = ({ id }: { readonly id: string }): boolean => id !== first;
    for await (const { items } of collection.duplicates({ threshold: 0.98 }, { signal: NEVER }, isMeant)) {
      found.push(items.map(({ id }) => id));
    }
    expect(found).toEqual(expected);
  });

  it('of a large collection are refused as a query, found as a stream, which ends when its reader does', async () => {
    const collection = await engine.collections.create({ name: 'large' });
    const items = Array.from({ length: 300 }, (_, i) => ({
      id: String(i).padStart(4, '0'),
      content: { vector: { values: vectorAt(i % 50, i, 0.01) } },
    }));
    await addAll(collection, items);
    const refused = await collection
      .largestDuplicates({}, { signal: NEVER })
      .catch((error: unknown) => error as ClipgraphError);
    expect(refused).toMatchObject({
      code: 'QUERY_TOO_COMPLEX',
      message: expect.stringContaining('clipgraph duplicates'),
    });
    const stream = collection.duplicates({}, { signal: NEVER });
    expect((await stream.next()).value!.size).toBe(6);
    await stream.return!();
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    // The turn is free again, and an abort ends a thread that computes.
    const controller = new AbortController();
    const aborted = collection.duplicates({}, { signal: controller.signal });
    const first = aborted.next();
    controller.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    let groups = 0;
    for await (const { size } of collection.duplicates({}, { signal: NEVER })) groups += size === 6 ? 1 : 0;
    expect(groups).toBe(50);
  });
});

describe('clusters', () => {
  it('are the same every time, largest first, best items first, named by the nearest label', async () => {
    const collection = await engine.collections.create({ name: 'topics' });
    const texts = ['a dog', 'a puppy', 'a wolf', 'a cat', 'a red car', 'a blue car', 'a truck'];
    await addAll(
      collection,
      texts.map((text) => ({ id: text, content: { text } })),
    );
    const ask = () =>
      collection.clusters({ count: 2, labels: ['animals', 'vehicles'], first: 3 }, { signal: NEVER });
    const clusters = await ask();
    expect(clusters.map(({ size }) => size).reduce((a, b) => a + b)).toBe(texts.length);
    expect(clusters[0].size).toBeGreaterThanOrEqual(clusters[1].size);
    for (const { items, centre, label } of clusters) {
      expect(['animals', 'vehicles']).toContain(label);
      expect(Math.hypot(...centre)).toBeCloseTo(1, 6);
      const cosines = items.map((hit) => hit.cosine);
      expect(cosines).toEqual([...cosines].sort((a, b) => b - a));
      expect((await items[0].similarity()).cosine).toBe(items[0].cosine);
    }
    const ids = (found: typeof clusters) => found.map(({ items }) => items.map(({ item }) => item.id));
    expect(ids(await ask())).toEqual(ids(clusters));
    expect(await collection.clusters({ filter: { modality: 'IMAGE' } }, { signal: NEVER })).toEqual([]);
  });
});
