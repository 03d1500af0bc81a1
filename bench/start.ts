// The processor time that commands take from their start to their end, their processes' included, beside bare Node's in the same
// rounds. `npm run bench:start [-- ROUNDS]`. Linux only: it reads /proc.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describeMachine, percentile } from './machine.js';

const ROUNDS = Number(process.argv.at(2) ?? 11);
const MAIN = path.join(__dirname, '..', 'dist', 'src', 'cli', 'main.js');
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  'bare node': ['-e', '0'],
  'clipgraph --version': [MAIN, '--version'],
  'clipgraph similarity': [MAIN, 'similarity', 'a dog', 'a cat'],
};
/** Of a clock tick in Linux's accounts. */
const TICK_MS = 10;

/** Milliseconds of processor time of all children of this process that have ended. */
function spentByChildren(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) * TICK_MS;
}

interface Times {
  readonly cpu: number[];
  readonly clock: number[];
}

function main(): void {
  const times = new Map<string, Times>(Object.keys(COMMANDS).map((name) => [name, { cpu: [], clock: [] }]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, { cpu, clock }] of times) {
      const [before, from] = [spentByChildren(), performance.now()];
      const { status, stderr } = spawnSync(process.execPath, COMMANDS[name], { encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
      clock.push(performance.now() - from);
      cpu.push(spentByChildren() - before);
    }
  }
  const bare = percentile(times.get('bare node')?.cpu ?? [], 0.5);
  for (const [name, { cpu, clock }] of times) {
    const [median, low, high] = [0.5, 0.1, 0.9].map((share) => percentile(cpu, share));
    console.log(
      `${name.padEnd(20)} ${median.toFixed(0).padStart(5)} ms of processor time (${low.toFixed(0)} to ${high.toFixed(0)}), ` +
        `${(median / bare).toFixed(1)} times bare Node, ${(median - bare).toFixed(0)} ms more; ${percentile(clock, 0.5).toFixed(0)} ms by the clock`,
    );
  }
  console.log(`(medians of ${ROUNDS} rounds in turns, their 10th and 90th percentile; ${describeMachine()})`);
}

main();
