import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cosinesWith, rankingOf } from '../../src/core/index.js';
import { makeStore, specOf } from '../../src/stores/conformance/place.js';
import { rowOf } from '../../src/stores/conformance/rows.js';
import type { SearchRequest, StorePlugin } from '../../src/stores/index.js';
import { clustered } from '../../test/clustered-vectors.js';
import { cpuMs, show, timeAsync } from './timing.js';

const MODULE = path.join(
  __dirname,
  '..',
  '..',
  'plugins',
  'stores',
  'embedded',
  `index${path.extname(__filename)}`,
);
const BATCH = 1000;
const QUERIES = 20;
const LIMIT = 10;

export function embeddedIn(folder: string): Promise<StorePlugin> {
  return makeStore({ name: 'embedded', module: MODULE }, { path: folder });
}

async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder);
  const sizes = await Promise.all(names.map(async (name) => (await stat(path.join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Ids in no order, as hashes are. */
const idOf = (row: number): string => ((row * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, '0');

/** The best ids by a float64 loop over vectors that are made again. */
function bestByLoop(rows: number, dimensions: number, query: Float32Array): string[] {
  const next = clustered({ dimensions });
  const cosines = Array.from({ length: rows }, () => cosinesWith([next()])(query)[0]);
  return rankingOf(cosines).slice(0, LIMIT).map(idOf);
}

/** The store from end to end: writing, opening, searching, filters. */
export async function measureEmbedded(
  rows: number,
  dimensions: number,
): Promise<{ readonly searchMs: number; readonly rate: number }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'clipgraph-bench-'));
  let store = await embeddedIn(folder);
  try {
    const space = { checksum: 'c'.repeat(64), dtype: 'fp32', dimensions };
    await store.create(specOf('things', { space }));
    let things = await store.open('things');
    const next = clustered({ dimensions });
    let [ms, cpu] = [0, 0];
    for (let row = 0; row < rows; row += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, rows - row) }, (_, i) => {
        const n = row + i;
        return rowOf(idOf(n), next(), { metadata: { n, tenth: n % 10, rare: n % 1000 === 7 } });
      });
      const [start, since] = [performance.now(), process.cpuUsage()];
      await things.upsert(batch);
      ms += performance.now() - start;
      cpu += cpuMs(since);
    }
    await store.close();
    const rate = rows / (ms / 1000);
    const disk = (await bytesIn(path.join(folder, 'collections'))) / 1e6;
    console.log(
      `embedded, ${rows} × ${dimensions}: ${rate.toFixed(0)} vectors a second written, ${((cpu / rows) * 1000).toFixed(0)} µs of CPU each; ${disk.toFixed(0)} MB on the disk`,
    );

    const before = process.memoryUsage().rss;
    store = await embeddedIn(folder);
    const queries = Array.from({ length: QUERIES }, next);
    const search = (run: number, given: Partial<SearchRequest> = {}) =>
      things.search(queries[run], { limit: LIMIT, effort: 'exact', ...given });
    const opening = await timeAsync(1, async () => {
      things = await store.open('things');
      await search(0);
    });
    const memory = (process.memoryUsage().rss - before) / 1e6;
    console.log(`  opened, loaded and searched once: ${show(opening)}; ${memory.toFixed(0)} MB more memory`);
    // Closing keeps the packed vectors, where they are worth it.
    await store.close();
    store = await embeddedIn(folder);
    const reopening = await timeAsync(1, async () => {
      things = await store.open('things');
      await search(0);
    });
    console.log(`  the same once more: ${show(reopening)}`);
    const again = await timeAsync(QUERIES, (run) => search(run));
    console.log(`  one query: ${show(again)}`);
    for (const [name, filter] of [
      ['0.1 %', { path: ['rare'], eq: true }],
      ['10 %', { path: ['tenth'], eq: 3 }],
    ] as const) {
      const first = await timeAsync(1, () => search(0, { filter }));
      const later = await timeAsync(QUERIES, (run) => search(run, { filter }));
      console.log(
        `  under a filter that keeps ${name}: ${show(later)}; the first one ${first.least.toFixed(0)} ms`,
      );
    }
    const [{ hits }] = await search(1);
    const expected = bestByLoop(rows, dimensions, queries[1]);
    const found = hits.map(({ id }) => id);
    if (found.join() !== expected.join())
      throw new Error(`Found ${found.join()} instead of ${expected.join()}.`);
    console.log('  the items of a float64 loop, in its order');
    return { searchMs: again.least, rate };
  } finally {
    await store.close();
    await rm(folder, { recursive: true });
  }
}
