import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { createClipgraph, type AddedItem, type Clipgraph, type NewItem } from '../../src/index.js';
import { EXAMPLES } from '../../src/media/index.js';
import { SearchDocument, type ContentInput } from '../generated/client.js';
import { runServer } from '../running-server.js';

const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-collections-'));
const config = { runtime: 'cpu', stores: { embedded: { path: folder } } };
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A picture of two colours, another one for each number. */
async function picture(i: number): Promise<Uint8Array> {
  const colour = (n: number) => ({ r: (n * 37) % 256, g: (n * 91) % 256, b: (n * 53) % 256 });
  const spot = await sharp({
    create: { width: 40, height: 30 + (i % 20), channels: 3, background: colour(i + 7) },
  })
    .png()
    .toBuffer();
  return sharp({ create: { width: 96, height: 80, channels: 3, background: colour(i) } })
    .composite([{ input: spot, left: (i * 5) % 50, top: (i * 3) % 20 }])
    .png()
    .toBuffer();
}

async function* items(): AsyncGenerator<NewItem> {
  for (const { name } of EXAMPLES) yield { id: name, content: { image: { example: name } } };
  for (let i = 0; i < 60; i++) {
    yield { id: `p${i}`, content: { image: { bytes: await picture(i) } }, metadata: { number: i } };
  }
}

async function addAll(clipgraph: Clipgraph, many: Parameters<ReturnType<Clipgraph['collection']>['add']>[0]) {
  const results: boolean[] = [];
  for await (const { result } of clipgraph.collection('photos').add(many)) {
    results.push((result as AddedItem).wasEmbedded);
  }
  return results;
}

const QUERIES = [
  { text: 'a dog' },
  { text: 'something red' },
  { image: { example: 'cat' } },
  { blend: [{ content: { text: 'a rocket' } }, { content: { image: { example: 'apple' } }, weight: -0.3 }] },
] as const;

describe('a collection in the embedded store', () => {
  it('keeps what was added, and gives the same hits to the library and over HTTP', async () => {
    const before = await createClipgraph(config);
    await before.createCollection({ name: 'photos' });
    expect(await addAll(before, items())).toEqual(Array.from({ length: 65 }, () => true));
    await before.close();

    const clipgraph = await createClipgraph(config);
    const photos = clipgraph.collection('photos');
    expect(await addAll(clipgraph, items())).toEqual(Array.from({ length: 65 }, () => false));
    expect(await clipgraph.collections()).toMatchObject([
      { name: 'photos', count: 65, store: 'embedded', model: 'starter' },
    ]);
    const ids: string[] = [];
    for await (const { id, vector } of photos.items()) {
      expect(Math.hypot(...vector)).toBeCloseTo(1, 6);
      ids.push(id);
    }
    expect(ids).toEqual([...ids].sort());
    const ended = photos.items();
    expect(await ended.return!()).toEqual({ done: true, value: undefined });
    expect(await ended.next()).toEqual({ done: true, value: undefined });
    const byLibrary = await Promise.all(QUERIES.map((query) => photos.search(query, { first: 20 })));
    const beside = await photos.search(
      { itemId: 'dog' },
      { first: 3, filter: { all: [{ key: 'number', lt: 30 }] } },
    );
    expect(beside.hits.every(({ item }) => (item.metadata.number as number) < 30)).toBe(true);
    for await (const { items: members } of photos.duplicates({ threshold: 0.99 })) expect(members.length).toBeGreaterThan(1); // prettier-ignore
    expect((await photos.clusters({ count: 3 })).reduce((sum, { size }) => sum + size, 0)).toBe(65);
    const json = JSON.parse(JSON.stringify(byLibrary[0].hits[0].item)) as { vector: unknown };
    expect(typeof json.vector).toBe('string');
    await clipgraph.close();

    const server = await runServer(config);
    try {
      for (const [i, query] of QUERIES.entries()) {
        const { data } = await server.ask(SearchDocument, {
          collection: 'photos',
          query: query as ContentInput,
          first: 20,
        });
        const found = (hits: readonly { item: { id: string }; cosine: number }[]) =>
          hits.map(({ item, cosine }) => [item.id, cosine]);
        const [theirs, ours] = [found(data!.search.hits), found(byLibrary[i].hits)];
        expect(theirs.map(([id]) => id)).toEqual(ours.map(([id]) => id));
        // What else is in a batch changes the last bits of a query's vector.
        for (const [place, [, cosine]] of theirs.entries())
          expect(cosine).toBeCloseTo(ours[place][1] as number, 6);
        expect(data!.search).toMatchObject({ isExact: true });
      }
      const { data } = await server.post('{ stores { name status reason } collections { name count } }');
      expect(data).toEqual({
        stores: [{ name: 'embedded', status: 'READY', reason: null }],
        collections: [{ name: 'photos', count: 65 }],
      });
    } finally {
      await server.close();
    }
  });

  it('says what is wrong with what it is asked', async () => {
    const clipgraph = await createClipgraph(config);
    const nothing = clipgraph.collection('nothing') as any;
    const codes = [
      () => nothing.info(),
      () => nothing.add([{ content: { text: 'a' } }]).next(),
      () => nothing.search({ text: 'a' }),
      () => nothing.remove('a'),
      () => nothing.search({ text: 'a' }, { first: '1' }),
      () => nothing.items({ minCosine: 1 }).next(),
      () => clipgraph.createCollection({ name: 'x', kepText: true } as any),
      () => clipgraph.createCollection({ name: 'x', keepText: 'no' } as any),
    ].map(async (ask) => {
      try {
        return await ask();
      } catch (error) {
        return (error as { code: string }).code;
      }
    });
    expect(await Promise.all(codes)).toEqual([
      ...Array.from({ length: 3 }, () => 'COLLECTION_NOT_FOUND'),
      ...Array.from({ length: 5 }, () => 'BAD_USER_INPUT'),
    ]);
    expect(await clipgraph.deleteCollection('photos')).toBe(true);
    expect(await clipgraph.collections()).toEqual([]);
    await clipgraph.close();
  });
});
