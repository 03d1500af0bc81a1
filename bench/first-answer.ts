// How long a user waits for the first answer of `clipgraph serve` with the built-in model, and what memory all its processes
// then hold. `npm run bench:first-answer [-- --out FILE]`. Linux only: it reads /proc.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { describeMachine, percentile } from './machine.js';
import { serve } from './serving.js';

const RUNS = 7;
const QUERY = `query {
  similarity(a: { text: "a photo of a dog" }, b: { image: { example: "dog" } }) { cosine }
}`;

function parentOf(pid: number): number {
  try {
    return Number(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.at(1));
  } catch {
    return 0; // It has ended.
  }
}

/** A process and all that it has started. */
function treeOf(root: number): number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  const isWithin = (pid: number): boolean => pid === root || (pid > 1 && isWithin(parentOf(pid)));
  return pids.filter(isWithin);
}

/** Megabytes in memory; a page that processes share counts once. */
function residentMegabytes(pids: readonly number[]): number {
  const kilobytes = pids.map((pid) =>
    Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.at(1)),
  );
  return kilobytes.reduce((total, value) => total + value, 0) / 1000;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { out: { type: 'string' } } });
  const seconds: number[] = [];
  const megabytes: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    const server = await serve('--log.level', 'warn');
    await server.post(QUERY, {});
    seconds.push((performance.now() - start) / 1000);
    megabytes.push(residentMegabytes(treeOf(server.pid)));
    server.stop();
  }
  const result = {
    seconds: percentile(seconds, 0.5),
    slowest: Math.max(...seconds),
    megabytes: percentile(megabytes, 0.5),
    machine: describeMachine(),
  };
  console.log(
    `first answer: ${result.seconds.toFixed(2)} s (slowest of ${RUNS}: ${result.slowest.toFixed(2)} s); ` +
      `memory of all processes: ${result.megabytes.toFixed(0)} MB (${result.machine})`,
  );
  if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(result, undefined, 2)}\n`);
}

void main();
