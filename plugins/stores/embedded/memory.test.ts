import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { StoredCollection } from 'clipgraph/store';
import { inSetting, makeStore, specOf } from '../../../src/stores/conformance/place.js';
import { rowsOf } from '../../../src/stores/conformance/rows.js';

const PLUGIN = { name: 'embedded', module: path.join(__dirname, 'index.ts') };

/** A folder of its own. */
function place() {
  const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-memory-'));
  const remove = (): Promise<void> => Promise.resolve(rmSync(folder, { recursive: true }));
  return Promise.resolve({ options: { path: folder }, remove });
}

describe('the memory of the embedded store', () => {
  it('says how much memory it would take, before it takes it', () =>
    inSetting({ ...PLUGIN, place }, async ({ options }) => {
      const small = await makeStore(PLUGIN, { ...options, maxMemoryMb: 2 });
      try {
        const space = { checksum: 'c'.repeat(64), dtype: 'fp32', dimensions: 512 };
        await small.create(specOf('things', { space }));
        const things = await small.open('things');
        const rows = rowsOf(3000, 101, 512);
        await things.upsert(rows.slice(0, 500));
        await expect(things.upsert(rows.slice(500))).rejects.toMatchObject({
          code: 'COLLECTION_FULL',
          message:
            'Searching 3000 items of 512 dimensions takes 3 MB of memory; stores.embedded.maxMemoryMb allows 2.',
        });
        expect(await things.count()).toBe(500);
      } finally {
        await small.close();
      }
    }));

  it('refuses a filter whose values do not fit in the memory, and forgets others first', () =>
    inSetting({ ...PLUGIN, place }, async ({ options }) => {
      const small = await makeStore(PLUGIN, { ...options, maxMemoryMb: 1 });
      try {
        await small.create(specOf('things'));
        const things = await small.open('things');
        const long = (id: string, i: number): string => `${id} ${i} `.padEnd(200, 'x');
        const rows = rowsOf(1500, 106).map((row) => {
          const values = Array.from({ length: 4 }, (_, i) => [`key${i}`, long(row.id, i)]);
          return { ...row, metadata: Object.fromEntries(values) as Record<string, string> };
        });
        await things.upsert(rows);
        const meant = Array.from({ length: 4 }, (_, i) => ({
          path: [`key${i}`],
          eq: long(rows[3].id, i),
        }));
        for (const filter of [...meant, ...meant]) expect(await things.count(filter)).toBe(1);
        await expect(things.count({ all: meant })).rejects.toMatchObject({
          code: 'QUERY_TOO_COMPLEX',
          message: expect.stringMatching(/^What the filter looks at takes more than the 1 MB/),
        });
        expect(await things.count(meant[0])).toBe(1);
      } finally {
        await small.close();
      }
    }));

  it('searches collections at once that do not fit in the memory together', () =>
    inSetting({ ...PLUGIN, place }, async ({ options }) => {
      const small = await makeStore(PLUGIN, { ...options, maxMemoryMb: 4 });
      try {
        const space = { checksum: 'c'.repeat(64), dtype: 'fp32', dimensions: 512 };
        const rows = rowsOf(3000, 104, 512);
        const opened: StoredCollection[] = [];
        for (const name of ['one', 'two']) {
          await small.create(specOf(name, { space }));
          const things = await small.open(name);
          await things.upsert(rows);
          opened.push(things);
        }
        const asked = Array.from({ length: 12 }, (_, i) =>
          opened[i % 2].search(rows[i].vector, { limit: 1, effort: 'default' }),
        );
        const found = (await Promise.all(asked)).map(([{ hits }]) => hits[0].id);
        expect(found).toEqual(rows.slice(0, 12).map(({ id }) => id));
      } finally {
        await small.close();
      }
    }));
});
