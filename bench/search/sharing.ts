import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cosine } from '../../src/core/index.js';
import { specOf } from '../../src/stores/conformance/place.js';
import { rowsOf } from '../../src/stores/conformance/rows.js';
import type { NewRow, StoredCollection, StorePlugin } from '../../src/stores/index.js';
import { percentile } from '../machine.js';
import { embeddedIn } from './embedded.js';

const READERS = 4;
const DIMENSIONS = 512;
const ROWS = 20_000;
const BATCH = 100;

interface State {
  isDone: boolean;
  acknowledged: number;
}

/** Searches until it is told to stop; throws at the first wrong answer. */
async function read(
  things: StoredCollection,
  rows: ReadonlyMap<string, NewRow>,
  state: State,
): Promise<number[]> {
  const times: number[] = [];
  const queries = [...rows.values()];
  for (let i = 0; !state.isDone; i++) {
    const { vector } = queries[(i * 7919) % queries.length];
    const { acknowledged } = state;
    const start = performance.now();
    const [{ hits, searched }] = await things.search(vector, { limit: 10, effort: 'default' });
    times.push(performance.now() - start);
    if (searched < acknowledged || searched % BATCH !== 0) {
      throw new Error(
        `${searched} items were looked at, of batches of ${BATCH}, of which ${acknowledged} were acknowledged.`,
      );
    }
    for (const { id, cosine: found } of hits) {
      const row = rows.get(id);
      if (row === undefined || found !== cosine(vector, row.vector))
        throw new Error(`The hit ${id} is wrong.`);
    }
    await sleep(10);
  }
  return times;
}

async function run(
  name: string,
  readers: readonly StoredCollection[],
  rows: ReadonlyMap<string, NewRow>,
  state: State,
  work: () => Promise<void>,
): Promise<number[]> {
  state.isDone = false;
  const reading = Promise.all(readers.map((reader) => read(reader, rows, state)));
  const working = work().finally(() => (state.isDone = true));
  const [times] = await Promise.all([reading, working]);
  const all = times.flat();
  const p = (share: number): string => percentile(all, share).toFixed(1);
  console.log(
    `  ${name}: ${all.length} searches, median ${p(0.5)} ms, p99 ${p(0.99)} ms, ${p(1)} ms at most`,
  );
  return all;
}

/**
 * Four readers, each a server of its own, alone and beside one that writes.
 *
 * @returns how much longer the slowest hundredth of the readers waited beside the writer, in ms
 */
export async function measureSharing(minutes: number): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'clipgraph-bench-'));
  const stores: StorePlugin[] = await Promise.all(
    Array.from({ length: READERS + 1 }, () => embeddedIn(folder)),
  );
  try {
    const [store, ...others] = stores;
    const space = { checksum: 'c'.repeat(64), dtype: 'fp32', dimensions: DIMENSIONS };
    await store.create(specOf('things', { space }));
    const things = await store.open('things');
    const given = rowsOf(2 * ROWS, 1, DIMENSIONS);
    const rows = new Map(given.map((row) => [row.id, row]));
    for (let i = 0; i < ROWS; i += 1000) await things.upsert(given.slice(i, i + 1000));
    const readers = await Promise.all(others.map((other) => other.open('things')));
    // Each has loaded the collection before anybody measures.
    for (const reader of readers) await reader.search(given[0].vector, { limit: 10, effort: 'default' });
    const state: State = { isDone: false, acknowledged: ROWS };
    console.log(
      `${READERS} readers, each a server of its own, in ${ROWS} × ${DIMENSIONS} items, ${minutes} min each:`,
    );
    const idle = await run('alone', readers, rows, state, () => sleep(minutes * 60_000));
    let written = 0;
    const beside = await run('beside one that writes', readers, rows, state, async () => {
      const end = performance.now() + minutes * 60_000;
      for (let at = 0; performance.now() < end; at = (at + BATCH) % ROWS) {
        await things.upsert(given.slice(ROWS + at, ROWS + at + BATCH));
        written += BATCH;
        state.acknowledged = ROWS + Math.min(written, ROWS);
        await sleep(20);
      }
    });
    const expected = ROWS + Math.min(written, ROWS);
    let seen = 0;
    for await (const { id, text } of things.scan()) {
      if (rows.get(id)?.text !== text) throw new Error(`${id} is wrong.`);
      seen++;
    }
    if (seen !== expected) throw new Error(`${seen} items are there, not ${expected}.`);
    const wait = percentile(beside, 0.99) - percentile(idle, 0.99);
    console.log(
      `  nothing lost, nothing wrong: ${written} items written; the slowest hundredth waited ${wait.toFixed(1)} ms longer`,
    );
    return wait;
  } finally {
    await Promise.all(stores.map((each) => each.close()));
    await rm(folder, { recursive: true });
  }
}
