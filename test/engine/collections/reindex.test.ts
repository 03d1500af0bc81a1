import path from 'node:path';
import type { AddedItem, NewItem, ReindexOptions, ReindexProgress } from '../../../src/engine/index.js';
import { besideOf } from '../../../src/engine/collections/new-collection.js';
import type { ClipgraphError } from '../../../src/errors/index.js';
import { EXAMPLES, EXAMPLES_FOLDER } from '../../../src/media/index.js';
import { addAll, NEVER, runEngine, type RunningEngine } from './engine.js';

const TINY = path.join(__dirname, '..', '..', 'goldens', 'tiny-clip'); // It reads pictures alone.
const scope = { signal: NEVER };
const PICTURES: NewItem[] = EXAMPLES.map(({ name }) => ({
  id: name,
  content: { image: { example: name } },
  metadata: { name },
}));

let engine: RunningEngine;
let tiny: string;
beforeAll(async () => {
  engine = await runEngine({ models: [TINY] });
  tiny = engine.embedder.models.list()[1].id;
});
afterAll(() => engine.close());

async function reindex(name: string, options: ReindexOptions): Promise<ReindexProgress[]> {
  const told: ReindexProgress[] = [];
  for await (const progress of engine.collections.reindex(name, options, { signal: NEVER }))
    told.push(progress);
  return told;
}

describe('making a collection anew', () => {
  it("gives it another model's vectors and keeps all else, from the originals", async () => {
    const before = await engine.collections.create({
      name: 'photos',
      description: 'Mine.',
      keepOriginals: true,
    });
    await addAll(before, PICTURES);
    const told = await reindex('photos', { model: tiny });
    expect(told.at(-1)).toEqual({ completed: 5, total: 5, missing: 0, missingIds: [], isDone: true });
    const after = await engine.collections.get('photos');
    expect(after.spec).toMatchObject({ description: 'Mine.', model: tiny, keepOriginals: true });
    expect(after.spec.space.checksum).not.toBe(before.spec.space.checksum);
    const { nodes } = await after.page({}, NEVER);
    expect(nodes.map(({ id, metadata }) => [id, metadata.name])).toEqual(
      PICTURES.map(({ id }) => [id, id]).sort(),
    );
    const content = { image: { example: 'dog' } } as const;
    const { hits } = await after.search({ content }, {}, scope);
    expect(hits[0].item.id).toBe('dog');
    expect(hits[0].cosine).toBeCloseTo(1, 6);
    // Nothing is left beside it, and it can be made anew again from what it kept.
    expect((await engine.collections.list()).map(({ name }) => name)).toEqual(['photos']);
    expect((await reindex('photos', { model: 'starter' })).at(-1)).toMatchObject({ isDone: true });
  });

  it('changes nothing while items are missing, names them, and drops them when that is said', async () => {
    const collection = await engine.collections.create({ name: 'mixed' });
    const dog = path.join(EXAMPLES_FOLDER, 'dog.png');
    const origin = { root: 'r', path: 'dog.png', bytes: 1, modifiedMs: 1 };
    await addAll(collection, [
      { id: 'file', content: { image: { path: dog } }, origin },
      { id: 'gone', content: { image: { example: 'cat' } } },
      { id: 'text', content: { text: 'no tower reads it' } },
      { id: 'vector', content: { vector: { values: Float32Array.from({ length: 384 }, () => 1) } } },
    ]);
    const told: ReindexProgress[] = [];
    const fileOf = () => dog;
    const asked = (async () => {
      for await (const each of engine.collections.reindex(
        'mixed',
        { model: tiny, fileOf },
        { signal: NEVER },
      ))
        told.push(each);
    })();
    const refused = await asked.catch((error: unknown) => error as ClipgraphError);
    expect(refused).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(/^3 of 4 items of mixed/),
    });
    expect(told.flatMap(({ missingIds }) => missingIds).sort()).toEqual(['gone', 'text', 'vector']);
    expect(told.some(({ isDone }) => isDone)).toBe(false);
    expect((await (await engine.collections.get('mixed')).state()).count).toBe(4);
    // Another file of that name is another content.
    const other = await reindex('mixed', { model: tiny, dropMissing: true, fileOf: () => path.join(EXAMPLES_FOLDER, 'cat.jpg') }); // prettier-ignore
    expect(other.at(-1)).toMatchObject({ isDone: true, missing: 3 }); // The dog was made by the first try.
    expect((await (await engine.collections.get('mixed')).page({}, NEVER)).nodes.map(({ id }) => id)).toEqual(
      ['file'],
    );
  });

  it('takes along what is added and removed meanwhile', async () => {
    const collection = await engine.collections.create({ name: 'busy', keepOriginals: true });
    await addAll(collection, PICTURES.slice(0, 3));
    const stream = engine.collections.reindex('busy', { model: tiny }, { signal: NEVER });
    await stream.next();
    await addAll(collection, PICTURES.slice(3));
    await collection.remove([PICTURES[0].id!]);
    let last: ReindexProgress | undefined;
    for await (const progress of stream) last = progress;
    expect(last).toMatchObject({ isDone: true });
    const after = await engine.collections.get('busy');
    const ids = (await after.page({}, NEVER)).nodes.map(({ id }) => id);
    expect(ids).toEqual(
      PICTURES.slice(1)
        .map(({ id }) => id)
        .sort(),
    );
  });

  it('ends when its reader does, and goes on where it was', async () => {
    const collection = await engine.collections.create({ name: 'halves', keepOriginals: true });
    await addAll(collection, PICTURES);
    const stream = engine.collections.reindex('halves', { model: tiny }, { signal: NEVER });
    await stream.next();
    await stream.return!();
    const { misses } = engine.embedder.cacheUsage;
    expect((await reindex('halves', { model: tiny })).at(-1)).toMatchObject({ isDone: true });
    expect(engine.embedder.cacheUsage.misses).toBe(misses);
    const again = await addAll(await engine.collections.get('halves'), PICTURES, { model: tiny });
    expect(again.map((result) => (result as AddedItem).wasEmbedded)).toEqual(PICTURES.map(() => false));
  });

  it('is searched by who looked it up before, and takes no vectors of the space that it had', async () => {
    const before = await engine.collections.create({ name: 'swapped', keepOriginals: true });
    await addAll(before, PICTURES);
    await reindex('swapped', { model: tiny });
    const current = await engine.collections.get('swapped');
    const rows = current.rows();
    await rows.next();
    const content = { image: { example: 'dog' } } as const;
    const { hits } = await before.search({ content }, {}, scope);
    expect(hits[0].item.id).toBe('dog');
    expect(hits[0].item.vector).toHaveLength(current.spec.space.dimensions);
    expect(await before.count()).toBe(PICTURES.length);
    await expect(addAll(before, [{ content: { text: 'late' } }])).rejects.toMatchObject({
      code: 'COLLECTION_NOT_FOUND',
    });
    // Who is at work with the new one is not disturbed.
    const left: string[] = [];
    for await (const { id } of rows) left.push(id);
    expect(left).toHaveLength(PICTURES.length - 1);
    expect((await current.state()).count).toBe(PICTURES.length);
  });

  it('shows nobody what is not finished, and is over when the collection is deleted', async () => {
    const collection = await engine.collections.create({ name: 'dropped', keepOriginals: true });
    await addAll(collection, PICTURES);
    const stream = engine.collections.reindex('dropped', { model: tiny }, { signal: NEVER });
    await stream.next();
    const unfinished = besideOf('dropped');
    await expect(engine.collections.get(unfinished)).rejects.toMatchObject({ code: 'COLLECTION_NOT_FOUND' });
    expect(await engine.collections.delete(unfinished)).toBe(false);
    expect(await engine.collections.delete('dropped')).toBe(true);
    const rest = async () => {
      for await (const { isDone } of stream) expect(isDone).toBe(false);
    };
    await expect(rest()).rejects.toMatchObject({ code: 'COLLECTION_NOT_FOUND' });
    const plugin = await collection.store.plugin();
    const names = (await plugin.list()).map(({ name }) => name);
    expect(names).not.toContain('dropped');
    expect(names).not.toContain(unfinished);
  });

  it('restores rows as they were, and refuses another length', async () => {
    const from = await engine.collections.create({ name: 'from' });
    await addAll(from, PICTURES);
    const to = await engine.collections.create({ name: 'to' });
    for await (const written of to.restore(from.rows(), NEVER)) expect(written).toBe(5);
    const ask = (name: string) =>
      engine.collections.get(name).then((each) => each.search({ content: { text: 'a dog' } }, {}, scope));
    const [one, other] = await Promise.all([ask('from'), ask('to')]);
    expect(other.hits.map(({ item, cosine }) => [item.id, cosine])).toEqual(
      one.hits.map(({ item, cosine }) => [item.id, cosine]),
    );
    const wrong = async () => {
      const rows = [{ ...(await from.rowsOf(['dog']))[0]!, vector: Float32Array.of(1) }];
      for await (const _ of to.restore(rows, NEVER)) expect(_).toBe(0);
    };
    await expect(wrong()).rejects.toMatchObject({ code: 'DIMENSION_MISMATCH' });
  });
});
