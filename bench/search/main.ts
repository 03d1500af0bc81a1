// How long an exact search takes in 100,000 and in a million vectors: in the core alone, in the store embedded from end to end
// (writing, opening, filters, memory, disk), and in other engines that keep vectors in a file, where these are installed:
//   npm i --no-save sqlite-vec @lancedb/lancedb
//   npm run bench:search [-- --rows 100000,1000000 --dimensions 512 --minutes 1 --only core|embedded|peers|sharing]
// Then four readers and a writer, beside the readers alone. Fails where an answer is not brute force's, where anything was lost, or where
// the times of the default sizes are beyond those wanted and --timings is given.
import { parseArgs } from 'node:util';
import { describeMachine } from '../machine.js';
import { measureCore } from './core.js';
import { measureEmbedded } from './embedded.js';
import { measurePeers } from './peers.js';
import { measureSharing } from './sharing.js';

/** Milliseconds on one core at most, for 512 dimensions. */
const WANTED = new Map([
  [100_000, 10],
  [1_000_000, 100],
]);
/** Vectors a second, written at least. */
const WANTED_RATE = 5000;
/** Milliseconds that a reader may wait for a writer. */
const WANTED_WAIT = 100;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '100000,1000000' },
      dimensions: { type: 'string', default: '512' },
      minutes: { type: 'string', default: '1' },
      only: { type: 'string' },
      timings: { type: 'boolean', default: false },
    },
  });
  const does = (part: string): boolean => values.only === undefined || values.only === part;
  const dimensions = Number(values.dimensions);
  const sizes = values.rows.split(',').map(Number);
  const beyond: string[] = [];
  const judge = (rows: number, ms: number): void => {
    console.log(`  ${((ms / rows) * 1e6).toFixed(1)} ns a row`);
    const wanted = dimensions === 512 ? (WANTED.get(rows) ?? Infinity) : Infinity;
    if (ms > wanted) beyond.push(`${rows} rows took ${ms.toFixed(1)} ms of ${wanted} ms`);
  };
  for (const rows of sizes) {
    if (does('core')) judge(rows, measureCore(rows, dimensions));
    if (does('embedded')) {
      const { searchMs, rate } = await measureEmbedded(rows, dimensions);
      judge(rows, searchMs);
      if (rate < WANTED_RATE) beyond.push(`${rate.toFixed(0)} vectors a second were written`);
    }
    if (does('peers')) await measurePeers(rows, dimensions);
  }
  if (does('sharing') && Number(values.minutes) > 0) {
    const wait = await measureSharing(Number(values.minutes));
    if (wait > WANTED_WAIT) beyond.push(`a reader waited ${wait.toFixed(0)} ms for a writer`);
  }
  console.log(`(${describeMachine()})`);
  if (beyond.length === 0) return;
  if (values.timings) throw new Error(beyond.join('; '));
  console.log(`beyond what is wanted: ${beyond.join('; ')}`);
}

void main();
