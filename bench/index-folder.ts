// clipgraph index beside clipgraph embed on the same generated JPEGs, 2,000 or as many as the argument says: their rates, the
// memory of index at quarter marks, and how long a search and a second index of 300 pictures take.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { generatePictures } from '../test/find/pictures.js';
import { describeMachine } from './machine.js';

const MAIN = path.join(__dirname, '..', 'dist', 'src', 'cli', 'main.js');
const FEW = 300;
/** Pixels of a side of a generated picture. */
const SIDE = 640;
const SAMPLE_MS = 200;

interface Run {
  readonly seconds: number;
  /** Resident MB of the program itself at the quarters of its time; not known elsewhere than on Linux. */
  readonly quarters: readonly number[];
}

function residentMb(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return NaN;
  }
}

async function run(dataHome: string, ...args: string[]): Promise<Run> {
  const from = performance.now();
  const env = { ...process.env, XDG_DATA_HOME: dataHome };
  const program = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const samples: number[] = [];
  const timer = setInterval(() => samples.push(residentMb(program.pid ?? 0)), SAMPLE_MS);
  const [code] = (await once(program, 'exit')) as [number];
  clearInterval(timer);
  if (code !== 0) throw new Error(`clipgraph ${args[0]} ended with ${code}.`);
  const seconds = (performance.now() - from) / 1000;
  const known = samples.filter((sample) => sample > 0);
  const quarters = [1, 2, 3, 4].map((quarter) => known[Math.floor((known.length * quarter) / 4) - 1] ?? NaN);
  return { seconds, quarters };
}

async function main(): Promise<void> {
  const count = Number(process.argv[2] ?? 2000);
  const work = mkdtempSync(path.join(tmpdir(), 'clipgraph-bench-'));
  try {
    const [many, few, data] = ['many', 'few', 'data'].map((name) => path.join(work, name));
    const names = await generatePictures(many, count, { side: SIDE });
    mkdirSync(few);
    for (const name of names.slice(0, FEW)) copyFileSync(path.join(many, name), path.join(few, name));
    const embed = await run(data, 'embed', many, '--jsonl', '--vectors', 'base64');
    const index = await run(data, 'index', many, '--collection', 'many');
    const rate = (seconds: number): string => (count / seconds).toFixed(1);
    console.log(`embed: ${count} pictures, ${rate(embed.seconds)} a second`);
    console.log(
      `index: ${count} pictures, ${rate(index.seconds)} a second, ${(embed.seconds / index.seconds).toFixed(2)} of embed's rate`,
    );
    console.log(
      `memory of index at quarters: ${index.quarters.map((mb) => `${mb.toFixed(0)} MB`).join(', ')}`,
    );
    await run(data, 'index', few);
    const again = await run(data, 'index', few);
    const search = await run(data, 'search', 'a red circle');
    const there = Math.min(count, FEW);
    console.log(
      `${there} pictures: indexed again in ${again.seconds.toFixed(2)} s, searched in ${search.seconds.toFixed(2)} s`,
    );
    console.log(`(${describeMachine()})`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

void main();
