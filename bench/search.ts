// How long an exact search takes in 100,000 and in a million vectors, what memory the index holds, and how many float32
// vectors are read: `npm run bench:search [-- --rows 100000,1000000 --dimensions 512]`. Fails where an answer is not brute
// force's, or where the times of the default sizes are beyond those wanted and --timings is given.
import { parseArgs } from 'node:util';
import { atOnce, cosinesWith, indexBytes, rankingOf, searchRows, VectorIndex } from '../src/core/index.js';
import { clustered } from '../test/clustered-vectors.js';
import { describeMachine, percentile } from './machine.js';

const QUERIES = 20;
const LIMIT = 10;
/** Milliseconds on one core at most, for 512 dimensions. */
const WANTED = new Map([
  [100_000, 10],
  [1_000_000, 100],
]);
/** Vectors are made, and given to the index, so many at a time. */
const BATCH = 1000;

const cpuMs = (since: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
};

/** All vectors in one array: `[rows, dimensions]`. */
function makeVectors(rows: number, dimensions: number, next: () => Float32Array): Float32Array {
  const vectors = new Float32Array(rows * dimensions);
  for (let row = 0; row < rows; row++) vectors.set(next(), row * dimensions);
  return vectors;
}

interface Timing {
  readonly least: number;
  readonly median: number;
  readonly cpu: number;
}

function time(runs: number, work: (run: number) => void): Timing {
  const times: number[] = [];
  const since = process.cpuUsage();
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    work(run);
    times.push(performance.now() - start);
  }
  return { least: Math.min(...times), median: percentile(times, 0.5), cpu: cpuMs(since) / runs };
}

const show = ({ least, median, cpu }: Timing): string =>
  `${least.toFixed(1)} ms at least, median ${median.toFixed(1)} ms, ${cpu.toFixed(1)} ms of CPU`;

/** @returns the least time of a search, in ms */
function measure(rows: number, dimensions: number): number {
  const next = clustered({ dimensions });
  const vectors = makeVectors(rows, dimensions, next);
  const queries = Array.from({ length: QUERIES }, next);
  const read = (row: number) => vectors.subarray(row * dimensions, (row + 1) * dimensions);

  const index = new VectorIndex(dimensions, { rows });
  const since = process.cpuUsage();
  for (let row = 0; row < rows; row += BATCH) {
    index.append(vectors.subarray(row * dimensions, Math.min(rows, row + BATCH) * dimensions));
  }
  const packing = (cpuMs(since) / rows) * 1000;
  console.log(
    `${rows} × ${dimensions}: ${(index.bytes / 1e6).toFixed(0)} MB (said before: ${(indexBytes(rows, dimensions) / 1e6).toFixed(0)}), ` +
      `packed at ${packing.toFixed(2)} µs of CPU a vector`,
  );

  const rescored: number[] = [];
  const search = (some: readonly Float32Array[]) => atOnce(searchRows(index, some, read, { limit: LIMIT }));
  for (let i = 0; i < 3; i++) search([queries[i]]); // The first ones run code that is not optimised yet.
  const single = time(QUERIES, (run) => {
    rescored.push(search([queries[run]])[0].rescored);
  });
  console.log(
    `  one query: ${show(single)}; ${percentile(rescored, 0.5)} vectors read, ${Math.max(...rescored)} at most`,
  );
  const four = time(QUERIES / 4, (run) => {
    search(queries.slice(run * 4, run * 4 + 4));
  });
  console.log(`  four queries in one pass: ${show(four)}`);

  const [query] = queries;
  const cosines = Array.from({ length: rows }, (_, row) => cosinesWith([read(row)])(query)[0]);
  const expected = rankingOf(cosines).slice(0, LIMIT);
  const found = search([query])[0].hits.map(({ row }) => row);
  if (found.join() !== expected.join())
    throw new Error(`Found ${found.join()} instead of ${expected.join()}.`);
  console.log('  the rows of a float64 loop, in its order');
  return single.least;
}

function main(): void {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '100000,1000000' },
      dimensions: { type: 'string', default: '512' },
      timings: { type: 'boolean', default: false },
    },
  });
  const dimensions = Number(values.dimensions);
  const results = values.rows
    .split(',')
    .map((rows) => ({ rows: Number(rows), ms: measure(Number(rows), dimensions) }));
  for (const { rows, ms } of results) {
    console.log(`${rows} rows: ${((ms / rows) * 1e6).toFixed(1)} ns a row`);
  }
  console.log(`(${describeMachine()})`);
  const slow = results.filter(({ rows, ms }) => dimensions === 512 && ms > (WANTED.get(rows) ?? Infinity));
  if (slow.length === 0) return;
  const message = slow
    .map(({ rows, ms }) => `${rows} rows took ${ms.toFixed(1)} ms of ${WANTED.get(rows) ?? 0} ms`)
    .join('; ');
  if (values.timings) throw new Error(message);
  console.log(`beyond what is wanted: ${message}`);
}

main();
