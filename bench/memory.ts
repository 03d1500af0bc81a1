// What a model takes in memory, on each runtime, for each byte of its weights: what `clipgraph models info` says beforehand.
// `npm run bench:memory -- FOLDER [FOLDER …]`. Linux only: it reads /proc.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import pino from 'pino';
import { parseConfig } from '../src/config/index.js';
import { openEmbedder } from '../src/engine/index.js';
import { describeMachine } from './machine.js';

function peakMegabytes(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.at(1)) / 1000;
}

/** Runs a text and a picture, and says what the process that did it has held at most. */
async function measure(model: string, runtime: string): Promise<void> {
  const embedder = await openEmbedder(parseConfig({ model, runtime }), pino({ level: 'silent' }));
  const scope = { signal: new AbortController().signal };
  await embedder.embed({ text: 'a dog' }, {}, scope);
  await embedder.embed({ image: { example: 'dog' } }, {}, scope);
  const { text = 0, image = 0 } = await embedder.models.default.sizes();
  const { pids } = await embedder.runtimes.default();
  // wasm runs in a thread of this process.
  process.send?.({ peak: peakMegabytes(pids.at(0) ?? process.pid), weights: (text + image) / 1e6 });
  await embedder.close();
}

async function main(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    for (const runtime of ['cpu', 'wasm']) {
      const child = fork(__filename, [runtime, folder], { env: { ...process.env, MEASURE: '1' } });
      const [{ peak, weights }] = (await once(child, 'message')) as [{ peak: number; weights: number }];
      await once(child, 'exit');
      console.log(
        `${folder} ${runtime.padEnd(4)}: ${peak.toFixed(0)} MB for ${weights.toFixed(0)} MB of weights, ${(peak / weights).toFixed(2)} of them`,
      );
    }
  }
  console.log(`(${describeMachine()})`);
}

const [first, ...rest] = process.argv.slice(2);
void (process.env.MEASURE === undefined ? main([first, ...rest]) : measure(rest[0], first));
