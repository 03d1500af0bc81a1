import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { cosine } from '../../src/core/index.js';
import { loaderFor } from '../../src/isolation/start-program.js';
import type { StoredCollection } from '../../src/stores/index.js';
import { specOf, storeAt } from '../../test/postgres/rows.js';
import { percentile } from '../machine.js';
import {
  BATCH,
  DIMENSIONS,
  idOf,
  rowsOfBatch,
  vectorOf,
  type WriterReport,
  type WriterTask,
} from './writer.js';

const WRITERS = 8;
const READERS = 8;
const WRITER = path.join(__dirname, `writer${path.extname(__filename)}`);
/** Written before anybody measures, so that every search has something to do. */
const FIRST_BATCHES = 200;

/** Searches until it is told to stop; throws at the first wrong answer. */
async function read(things: StoredCollection, seed: number, state: { isDone: boolean }): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; !state.isDone; i++) {
    const query = vectorOf(`query ${seed} ${i}`);
    const from = performance.now();
    const [{ hits, isExact }] = await things.search(query, { limit: 10, effort: 'default' });
    times.push(performance.now() - from);
    if (!isExact || hits.length !== 10) throw new Error(`${hits.length} hits, exact: ${String(isExact)}`);
    for (const [at, hit] of hits.entries()) {
      const isRight =
        hit.cosine === cosine(query, vectorOf(hit.id)) && (at === 0 || hits[at - 1].cosine >= hit.cosine);
      if (!isRight) throw new Error(`A hit is wrong: ${hit.id}`);
    }
    const batch = hits[0].id.split('/')[0];
    const count = await things.count({ path: ['batch'], eq: batch });
    if (count !== 0 && count !== BATCH) throw new Error(`${count} of ${BATCH} rows of a batch are there.`);
    await delay(10);
  }
  return times;
}

async function startWriter(task: WriterTask): Promise<ChildProcess> {
  const child = fork(WRITER, { execArgv: loaderFor(WRITER) });
  child.send(task);
  await once(child, 'message'); // It is connected.
  return child;
}

async function reportOf(child: ChildProcess): Promise<WriterReport> {
  const reported = once(child, 'message') as Promise<[WriterReport]>;
  child.send('stop');
  const [report] = await reported;
  await once(child, 'exit');
  return report;
}

async function run(
  name: string,
  things: StoredCollection,
  readers: readonly StoredCollection[],
  ms: number,
  tasks: readonly WriterTask[],
): Promise<number> {
  const writers = await Promise.all(tasks.map(startWriter));
  const state = { isDone: false };
  const reading = Promise.all(readers.map((reader, seed) => read(reader, seed, state)));
  await Promise.race([delay(ms), reading]);
  state.isDone = true;
  const times = (await reading).flat();
  const reports = await Promise.all(writers.map(reportOf));
  const written = reports.reduce((sum, report) => sum + report.written, 0);
  const p = (share: number): string => percentile(times, share).toFixed(1);
  console.log(
    `  ${name}: ${times.length} searches, median ${p(0.5)} ms, p99 ${p(0.99)} ms, ${Math.max(...times).toFixed(1)} ms at most` +
      (written === 0 ? '' : `; ${(written / (ms / 1000)).toFixed(0)} rows a second written`),
  );
  if (tasks.some(({ collection }) => collection === things.spec.name)) {
    const expected = new Set(
      reports
        .flatMap(({ kept }) => kept)
        .flatMap((batch) => Array.from({ length: BATCH }, (_, i) => idOf(batch, i))),
    );
    for (let i = 0; i < FIRST_BATCHES; i++) for (const { id } of rowsOfBatch(`first-${i}`)) expected.add(id);
    let seen = 0;
    for await (const row of things.scan()) {
      seen++;
      if (!expected.has(row.id)) throw new Error(`${row.id} is there, and was removed.`);
      if (cosine(row.vector, vectorOf(row.id)) < 1 - 1e-6) throw new Error(`${row.id} has another vector.`);
    }
    if (seen !== expected.size) throw new Error(`${seen} items are there, not ${expected.size}.`);
    console.log(`  nothing lost, nothing wrong: ${seen} items, ${written} rows written, all batches whole`);
  }
  return percentile(times, 0.99);
}

/** Writers and readers at once, each a server of its own, beside readers alone and beside writers of another collection. */
export async function measureSharing(url: string, minutes: number): Promise<void> {
  const schema = `sharing_${process.pid}`;
  const stores = Array.from({ length: READERS + 1 }, () => storeAt(url, { schema, poolSize: 2 }));
  const [store] = stores;
  try {
    for (const name of ['things', 'others']) await store.create(specOf(name, DIMENSIONS));
    const things = await store.open('things');
    for (let i = 0; i < FIRST_BATCHES; i++) await things.upsert(rowsOfBatch(`first-${i}`));
    const readers = await Promise.all(stores.slice(1).map((each) => each.open('things')));
    const tasks = (collection: string): WriterTask[] =>
      Array.from({ length: WRITERS }, (_, writer) => ({ url, schema, collection, writer }));
    console.log(`${WRITERS} writers and ${READERS} readers, each a server of its own, ${minutes} min each:`);
    const ms = minutes * 60_000;
    await run('readers alone', things, readers, ms, []);
    const beside = await run('beside writers of another collection', things, readers, ms, tasks('others'));
    const among = await run('beside writers of the same one', things, readers, ms, tasks('things'));
    console.log(
      `  readers waited for writers: p99 ${Math.max(0, among - beside).toFixed(1)} ms longer in the same collection`,
    );
  } finally {
    for (const name of ['things', 'others']) await store.drop(name);
    await Promise.all(stores.map((each) => each.close()));
  }
}
