import { atOnce, cosinesWith, indexBytes, rankingOf, searchRows, VectorIndex } from '../../src/core/index.js';
import { clustered } from '../../test/clustered-vectors.js';
import { percentile } from '../machine.js';
import { cpuMs, show, time } from './timing.js';

const QUERIES = 20;
const LIMIT = 10;
/** Vectors are made, and given to the index, so many at a time. */
const BATCH = 1000;

/** All vectors in one array: `[rows, dimensions]`. */
function makeVectors(rows: number, dimensions: number, next: () => Float32Array): Float32Array {
  const vectors = new Float32Array(rows * dimensions);
  for (let row = 0; row < rows; row++) vectors.set(next(), row * dimensions);
  return vectors;
}

/**
 * The index of the core alone: its memory, how fast it is packed and searched, and how many float32 vectors are read.
 *
 * @returns the least time of a search, in ms
 */
export function measureCore(rows: number, dimensions: number): number {
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
