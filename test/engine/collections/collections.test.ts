import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { AddedItem, NewItem } from '../../../src/engine/index.js';
import { compare } from '../../../src/engine/index.js';
import { ClipgraphError } from '../../../src/errors/index.js';
import { EXAMPLES } from '../../../src/media/index.js';
import { inMemory } from '../../in-memory-store.js';
import { addAll, NEVER, runEngine, type RunningEngine } from './engine.js';

const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const scope = { signal: NEVER };
const EXAMPLE_ITEMS: NewItem[] = EXAMPLES.map(({ name }) => ({
  id: name,
  content: { image: { example: name } },
  metadata: { animal: ['cat', 'dog'].includes(name), nested: { letters: name.length } },
}));

const wasEmbedded = (results: readonly (AddedItem | ClipgraphError)[]): (boolean | string)[] =>
  results.map((result) => (result instanceof ClipgraphError ? result.code : result.wasEmbedded));
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'OK',
    (error: unknown) => (error as ClipgraphError).code,
  );

let engine: RunningEngine;
beforeAll(async () => {
  engine = await runEngine();
});
afterAll(() => engine.close());

let made = 0;
const create = (more: object = {}) => engine.collections.create({ name: `c${++made}`, ...more });

describe('adding items', () => {
  it('embeds what is new, and nothing that is there unchanged', async () => {
    const collection = await create();
    expect(wasEmbedded(await addAll(collection, EXAMPLE_ITEMS))).toEqual(EXAMPLE_ITEMS.map(() => true));
    const { misses } = engine.embedder.cacheUsage;
    expect(wasEmbedded(await addAll(collection, EXAMPLE_ITEMS))).toEqual(EXAMPLE_ITEMS.map(() => false));
    expect(engine.embedder.cacheUsage.misses).toBe(misses);
    expect((await collection.state()).count).toBe(EXAMPLE_ITEMS.length);
  });

  it("takes the hash of the content for an id: a picture's bytes, a text's UTF-8, a vector's float32", async () => {
    const collection = await create();
    const bytes = readFileSync(path.join(__dirname, '..', '..', '..', 'examples', 'dog.png'));
    const values = Float32Array.from({ length: 384 }, (_, i) => i - 100);
    const blend = [{ content: { text: 'é' } }, { content: { image: { bytes } }, weight: -0.5 }];
    const added = await addAll(collection, [
      { content: { image: { bytes } } },
      { content: { text: 'é' } },
      { content: { vector: { values } } },
      { content: { blend } },
    ]);
    const hashes = [sha256(bytes), sha256('é'), sha256(new Uint8Array(values.buffer))];
    hashes.push(
      sha256(
        JSON.stringify([
          'blend',
          [
            [hashes[1], 1],
            [hashes[0], -0.5],
          ],
        ]),
      ),
    );
    const items = added.map((result) => (result as AddedItem).item);
    expect(items.map(({ id }) => id)).toEqual(hashes);
    expect(items.map(({ contentHash }) => contentHash)).toEqual(hashes);
    expect(items.map(({ modality }) => modality)).toEqual(['IMAGE', 'TEXT', 'VECTOR', 'BLEND']);
    expect(items[0].image).toMatchObject({ format: 'PNG', bytes: bytes.length });
    for (const { vector } of items) expect(Math.hypot(...vector)).toBeCloseTo(1, 6);
  });

  it('puts each failure in its own place, and keeps the others', async () => {
    const collection = await create();
    const results = await addAll(collection, [
      { content: { text: 'one' } },
      { content: { text: 'word '.repeat(200) } },
      { content: { image: { example: 'unicorn' } } },
      { id: 'with\0zero', content: { text: 'two' } },
      { content: { vector: { values: [1, 2, 3] } } },
      { content: { text: 'three' }, metadata: { long: 'x'.repeat(20_000) } },
      { content: {} as never },
      { content: { text: 'four' } },
    ]);
    expect(wasEmbedded(results)).toEqual([
      true,
      ...[
        'TEXT_TOO_LONG',
        'BAD_USER_INPUT',
        'BAD_USER_INPUT',
        'DIMENSION_MISMATCH',
        'BAD_USER_INPUT',
        'BAD_USER_INPUT',
      ],
      true,
    ]);
    expect((await collection.state()).count).toBe(2);
  });

  it('replaces what has the same id; absent metadata keeps the old, {} clears it', async () => {
    const collection = await create();
    const add = async (item: Omit<NewItem, 'id'>): Promise<AddedItem> =>
      (await addAll(collection, [{ id: 'x', ...item }]))[0] as AddedItem;
    const first = await add({ content: { text: 'a dog' }, metadata: { a: 1 }, source: 'here' });
    const same = await add({ content: { text: 'a dog' } });
    expect(same).toMatchObject({ wasEmbedded: false, item: { metadata: { a: 1 }, source: 'here' } });
    const other = await add({ content: { text: 'a cat' } });
    expect(other).toMatchObject({ wasEmbedded: true, item: { metadata: { a: 1 }, text: 'a cat' } });
    expect(other.item.vector).not.toEqual(first.item.vector);
    expect(await add({ content: { text: 'a cat' }, metadata: { b: 2 } })).toMatchObject({
      wasEmbedded: false,
    });
    expect((await collection.get(['x']))[0]).toMatchObject({ metadata: { b: 2 } });
    await add({ content: { text: 'a cat' }, metadata: {} });
    expect(await collection.get(['x', 'y'])).toMatchObject([{ metadata: {} }, undefined]);
    expect((await collection.state()).count).toBe(1);
  });

  it('takes what stands twice in one list in its order, and embeds the same content once', async () => {
    const collection = await create();
    const results = await addAll(collection, [
      { id: 'x', content: { text: 'earlier' }, metadata: { n: 1 } },
      ...Array.from({ length: 20 }, () => ({ content: { text: 'twenty times' } })),
      { id: 'x', content: { text: 'later' } },
    ]);
    expect(wasEmbedded(results).filter((embedded) => embedded === true)).toHaveLength(3);
    expect((await collection.get(['x']))[0]).toMatchObject({ text: 'later', metadata: { n: 1 } });
    expect((await collection.state()).count).toBe(2);
  });

  it('keeps no text where the collection keeps none', async () => {
    const collection = await create({ keepText: false });
    const [added] = await addAll(collection, [{ content: { text: 'a secret' } }]);
    const { item } = added as AddedItem;
    expect(item).toMatchObject({ text: undefined, contentHash: sha256('a secret') });
    expect(wasEmbedded(await addAll(collection, [{ content: { text: 'a secret' } }]))).toEqual([false]);
  });

  it('says COLLECTION_FULL before anything of a list is embedded, and counts what is there already as no more', async () => {
    const small = await runEngine({ limits: { maxCollectionItems: 3 } });
    try {
      const collection = await small.collections.create({ name: 'small' });
      const texts = (...all: string[]): NewItem[] => all.map((text) => ({ content: { text } }));
      await addAll(collection, texts('a', 'b'));
      const { misses } = small.embedder.cacheUsage;
      expect(await codeOf(addAll(collection, texts('c', 'd')))).toBe('COLLECTION_FULL');
      expect(small.embedder.cacheUsage.misses).toBe(misses);
      expect(wasEmbedded(await addAll(collection, texts('a', 'b', 'c', 'c')))).toEqual([
        false,
        false,
        true,
        false,
      ]);
      async function* endless() {
        for (let i = 0; ; i++) yield* await Promise.resolve(texts(`text ${i}`));
      }
      const stream = collection.add(endless(), {}, { signal: NEVER });
      expect(await codeOf(stream.next())).toBe('COLLECTION_FULL');
      expect((await collection.state()).count).toBe(3);
    } finally {
      await small.close();
    }
  });

  it('takes any number, with a bounded number under way', async () => {
    const collection = await create();
    let taken = 0;
    let most = 0;
    let done = 0;
    function* many() {
      for (; taken < 2000; taken++) {
        most = Math.max(most, taken - done);
        const values = Float32Array.from({ length: 384 }, (_, i) => Math.sin(taken * 384 + i));
        yield { id: String(taken).padStart(5, '0'), content: { vector: { values } } };
      }
    }
    for await (const { result } of collection.add(many(), {}, { signal: NEVER })) {
      expect(result).not.toBeInstanceOf(ClipgraphError);
      done++;
    }
    expect(done).toBe(2000);
    expect(most).toBeLessThanOrEqual(64);
    expect((await collection.state()).count).toBe(2000);
  });

  it('ends at once when its reader returns, while the source waits', async () => {
    const collection = await create();
    async function* waits() {
      yield { content: { text: 'one' } };
      await new Promise(() => undefined);
    }
    const stream = collection.add(waits(), {}, { signal: NEVER });
    await stream.next();
    const waiting = stream.next();
    await stream.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });
});

describe('searching', () => {
  it('finds by text, picture, vector and blend what comparing one by one finds, with the same numbers', async () => {
    const collection = await create();
    await addAll(collection, EXAMPLE_ITEMS);
    const { embedder } = engine;
    const bytes = readFileSync(path.join(__dirname, '..', '..', '..', 'examples', 'dog.png'));
    const dog = await embedder.embed({ text: 'a dog' }, {}, scope);
    for (const content of [
      { text: 'a dog' },
      { image: { bytes } },
      { vector: { values: dog.vector } },
      { blend: [{ content: { text: 'a dog' } }, { content: { image: { bytes } }, weight: 0.5 }] },
    ]) {
      const query = await embedder.embed(content, {}, scope);
      const expected = await Promise.all(
        EXAMPLES.map(async ({ name }) => {
          const image = await embedder.embed({ image: { example: name } }, {}, scope);
          return { id: name, cosine: compare(query, image).cosine };
        }),
      );
      expected.sort((a, b) => b.cosine - a.cosine);
      const found = await collection.search({ content }, {}, scope);
      expect(found.hits.map(({ item, cosine }) => ({ id: item.id, cosine }))).toEqual(expected);
      expect(found).toMatchObject({
        isExact: true,
        searched: EXAMPLES.length,
        pageInfo: { hasNextPage: false },
      });
      expect((await found.hits[0].similarity()).cosine).toBe(expected[0].cosine);
    }
  });

  it('finds the neighbours of an item without itself', async () => {
    const collection = await create();
    await addAll(collection, EXAMPLE_ITEMS);
    const { hits } = await collection.search({ itemId: 'dog' }, { first: 2 }, scope);
    expect(hits).toHaveLength(2);
    expect(hits.map(({ item }) => item.id)).not.toContain('dog');
    const [dog] = await collection.get(['dog']);
    const neighbours = await collection.neighbours(dog!, { limit: 2 }, NEVER);
    expect(neighbours.map(({ item }) => item.id)).toEqual(hits.map(({ item }) => item.id));
    expect(await codeOf(collection.search({ itemId: 'cow' }, {}, scope))).toBe('ITEM_NOT_FOUND');
  });

  it('goes through all hits page by page, each once, ties by id', async () => {
    const collection = await create();
    const vectors = Array.from({ length: 4 }, (_, v) =>
      Float32Array.from({ length: 384 }, (_, i) => Math.cos(v + i)),
    );
    const items = Array.from({ length: 40 }, (_, i) => ({
      id: `é${String(i).padStart(2, '0')}`,
      content: { vector: { values: vectors[i % 4] } },
    }));
    await addAll(collection, items);
    const content = { vector: { values: vectors[1] } };
    const all = (await collection.search({ content }, { first: 100 }, scope)).hits;
    const pages: string[] = [];
    let after: string | undefined;
    do {
      const page = await collection.search({ content }, { first: 7, after }, scope);
      pages.push(...page.hits.map(({ item }) => item.id));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : undefined;
    } while (after !== undefined);
    expect(pages).toEqual(all.map(({ item }) => item.id));
    expect(pages.slice(0, 10)).toEqual(items.filter((_, i) => i % 4 === 1).map(({ id }) => id));
    const { pageInfo } = await collection.search({ content }, { first: 7 }, scope);
    const other = collection.search(
      { content },
      { first: 7, after: pageInfo.endCursor, minCosine: 0.1 },
      scope,
    );
    expect(await codeOf(other)).toBe('BAD_USER_INPUT');
    expect(await codeOf(collection.search({ content }, { after: 'bm90aGluZw' }, scope))).toBe(
      'BAD_USER_INPUT',
    );
  });

  it('goes on with the very vector that a page was found with, so that no hit comes twice', async () => {
    const collection = await create();
    await addAll(collection, EXAMPLE_ITEMS);
    const content = { text: 'whatever else is in its batch' };
    const whole = (await collection.search({ content }, {}, scope)).hits;
    const first = await collection.search({ content }, { first: 2 }, scope);
    const [mark, cosine, id, packed] = JSON.parse(
      Buffer.from(first.pageInfo.endCursor!, 'base64url').toString(),
    ) as [string, number, string, string];
    // As another runtime, or another batch, might have made it.
    const other = new Float32Array(Uint8Array.from(Buffer.from(packed, 'base64')).buffer).map(
      (value) => -value,
    );
    const after = Buffer.from(
      JSON.stringify([mark, 2, 'x', Buffer.from(other.buffer).toString('base64')]),
    ).toString('base64url');
    const reversed = (await collection.search({ content }, { after }, scope)).hits;
    expect(reversed.map(({ item }) => item.id)).toEqual(whole.map(({ item }) => item.id).reverse());
    const second = await collection.search({ content }, { after: first.pageInfo.endCursor }, scope);
    expect([...first.hits, ...second.hits].map(({ item }) => item.id)).toEqual(
      whole.map(({ item }) => item.id),
    );
    for (const wrong of [[mark, cosine, id, 'AAAA'], [mark, cosine, id, 5], [mark, id], [mark]]) {
      const made = Buffer.from(JSON.stringify(wrong)).toString('base64url');
      expect(await codeOf(collection.search({ content }, { after: made }, scope))).toBe('BAD_USER_INPUT');
    }
  });

  it('keeps to a filter and a least cosine', async () => {
    const collection = await create();
    await addAll(collection, [...EXAMPLE_ITEMS, { id: 'text', content: { text: 'a dog' } }]);
    const search = async (options: object): Promise<string[]> =>
      (await collection.search({ content: { text: 'a dog' } }, options, scope)).hits
        .map(({ item }) => item.id)
        .sort();
    expect(await search({ filter: { all: [{ key: 'animal', eq: true }] } })).toEqual(['cat', 'dog']);
    expect(
      await search({ filter: { all: [{ key: 'nested.letters', lte: 3 }], modality: 'IMAGE' } }),
    ).toContain('dog');
    expect(await search({ filter: { not: { modality: 'IMAGE' } } })).toEqual(['text']);
    expect(await search({ minCosine: 0.999 })).toEqual(['text']);
    for (const filter of [
      { all: [{ key: 'a' }] },
      { all: [{ key: 'a', eq: 1, lt: 2 }] },
      { all: [{ key: 'a..b', eq: 1 }] },
      { all: [{ key: 'a', lt: true }] },
      { any: Array.from({ length: 200 }, () => ({})) },
      { other: 1 },
    ]) {
      expect(await codeOf(search({ filter }))).toBe('BAD_USER_INPUT');
    }
  });

  it('pages through the items in the order of their ids', async () => {
    const collection = await create();
    const ids = ['b', 'a', '\u{1F600}', '\uFF5E', 'é', 'ab'];
    await addAll(
      collection,
      ids.map((id) => ({ id, content: { text: id } })),
    );
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const { nodes, pageInfo } = await collection.page({ first: 2, after }, NEVER);
      seen.push(...nodes.map(({ id }) => id));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : undefined;
    } while (after !== undefined);
    expect(seen).toEqual([...ids].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  });
});

describe('collections', () => {
  it('have one name each over all stores, and are gone when deleted', async () => {
    const { collections } = engine;
    await collections.create({ name: 'photos', description: 'All of them.' });
    expect(await codeOf(collections.create({ name: 'photos' }))).toBe('COLLECTION_EXISTS');
    const both = await Promise.all([1, 2].map(() => codeOf(collections.create({ name: 'at-once' }))));
    expect(both.sort()).toEqual(['COLLECTION_EXISTS', 'OK']);
    expect((await collections.list()).map(({ name }) => name)).toContain('photos');
    expect(await collections.delete('photos')).toBe(true);
    expect(await collections.delete('photos')).toBe(false);
    expect(await codeOf(collections.get('photos'))).toBe('COLLECTION_NOT_FOUND');
    for (const name of ['', 'Photos', 'a b', 'x'.repeat(65), '__reindex-1']) {
      expect(await codeOf(collections.create({ name }))).toBe('BAD_USER_INPUT');
    }
    expect(await codeOf(collections.create({ name: 'x', store: 'postgresql' }))).toBe('STORE_NOT_FOUND');
    expect(await codeOf(collections.create({ name: 'x', model: 'vit' }))).toBe('MODEL_NOT_FOUND');
  });

  it('are as many as the limit says', async () => {
    const small = await runEngine({ limits: { maxCollections: 1 } });
    try {
      await small.collections.create({ name: 'a' });
      expect(await codeOf(small.collections.create({ name: 'b' }))).toBe('COLLECTION_FULL');
    } finally {
      await small.close();
    }
  });

  it('are found where one store cannot be asked, and never said to be missing then', async () => {
    const key = 'beside-one-that-fails';
    const fine = await runEngine(inMemory(key));
    await fine.collections.create({ name: 'here' });
    await fine.close();
    const failing = await runEngine({ ...inMemory(key), stores: { 'in-memory': { key, fails: true } } });
    expect(await codeOf(failing.collections.get('here'))).toBe('STORE_UNAVAILABLE');
    await failing.close();
    const again = await runEngine(inMemory(key));
    expect((await again.collections.get('here')).name).toBe('here');
    await again.close();
  });
});

describe('a collection of another space', () => {
  it('is MODEL_MISMATCH with what differs, whatever is asked, and has no model', async () => {
    const key = 'after-the-model-changed';
    const before = await runEngine(inMemory(key));
    const collection = await before.collections.create({ name: 'old' });
    await addAll(collection, EXAMPLE_ITEMS);
    const { checksum } = collection.spec.space;
    expect((await collection.model())?.id).toBe('starter');
    await before.close();

    const model = path.join(__dirname, '..', '..', 'goldens', 'tiny-clip');
    const after = await runEngine({ ...inMemory(key), model });
    try {
      const old = await after.collections.get('old');
      expect(await old.model()).toBeUndefined();
      const image = { image: { example: 'dog' } } as const;
      const asked = await old
        .search({ content: image }, {}, scope)
        .catch((error: unknown) => error as ClipgraphError);
      expect(asked).toMatchObject({ code: 'MODEL_MISMATCH', message: expect.stringContaining(checksum) });
      expect(wasEmbedded(await addAll(old, [{ content: image }]))).toEqual(['MODEL_MISMATCH']);
      // What needs no model goes on.
      const { hits } = await old.search({ itemId: 'dog' }, {}, scope);
      expect(hits).toHaveLength(EXAMPLES.length - 1);
      expect(await codeOf(hits[0].similarity())).toBe('MODEL_MISMATCH');
    } finally {
      await after.close();
    }
    const beside = await runEngine({ ...inMemory(key), model, models: ['starter'] });
    try {
      const old = await beside.collections.get('old');
      expect((await old.model())?.id).toBe('starter');
      expect((await old.search({ content: { text: 'a dog' } }, {}, scope)).hits[0].item.id).toBe('dog');
    } finally {
      await beside.close();
    }
  });
});
