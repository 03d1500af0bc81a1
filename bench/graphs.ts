// A tower's graph built over safetensors beside the exported ONNX file of the same weights, and with weights of 8 bits: time to
// open, resident memory, speed. `npm run bench:graphs -- FOLDER`, a folder of the hub's layout with onnx/ beside its safetensors
// (training/reference_checkpoints.py writes one: vit-b-32).
//
// Each variant runs in a process of its own; the speeds are taken in turns, so that a busy machine slows all alike.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import cpu from '../plugins/runtimes/cpu/index.js';
import { cropsToTensor } from '../src/core/image/index.js';
import { cosine } from '../src/core/similarity/index.js';
import { Hub, openModel, type ModelOptions } from '../src/models/index.js';
import type { TowerBatch, TowerKind } from '../src/runtime/index.js';
import { describeMachine } from './machine.js';

const VARIANTS: Readonly<Record<string, ModelOptions>> = {
  exported: { hub: new Hub({ weights: 'onnx' }) },
  built: {},
  q8: { dtype: 'q8' },
};
const ROUNDS = 15;
const CASES: readonly { readonly kind: TowerKind; readonly size: number; readonly length: number }[] = [
  { kind: 'image', size: 1, length: 0 },
  { kind: 'image', size: 8, length: 0 },
  { kind: 'text', size: 1, length: 9 },
  { kind: 'text', size: 32, length: 12 },
];

/** One batch: milliseconds, and the vectors that came out. */
interface Ran {
  readonly ms: number;
  readonly values: readonly number[];
}

interface Opened {
  readonly openMs: number;
  /** Megabytes of the process, after one run. */
  readonly resident: number;
  readonly peak: number;
}

/** Linux: what the process holds, and has held at most. */
function memory(): { resident: number; peak: number } {
  const status = readFileSync('/proc/self/status', 'utf8');
  const of = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.at(1)) / 1000;
  return { resident: of('VmRSS'), peak: of('VmHWM') };
}

function batchOf(kind: TowerKind, size: number, length: number): TowerBatch {
  if (kind === 'image') {
    const crops = Uint8Array.from({ length: size * 3 * 224 * 224 }, (_, i) => 128 + 127 * Math.sin(i));
    return { kind, crops, pixels: cropsToTensor(crops, size, 224), size, imageSize: 224 };
  }
  const row = (_: unknown, i: number): number =>
    i % length === 0 ? 49_406 : i % length === length - 1 ? 49_407 : 320 + i;
  return {
    kind,
    ids: Int32Array.from({ length: size * length }, row),
    lengths: Array.from({ length: size }, () => length),
    size,
    length,
  };
}

/** One variant's tower: opens it, then runs a batch each time it is asked. */
async function serve(folder: string, variant: string, kind: TowerKind): Promise<void> {
  const model = await openModel(folder, VARIANTS[variant]);
  // With its checksum, which takes as long for all of them.
  const source = await model.tower(kind);
  const from = performance.now();
  const { graph } = source;
  if (graph === undefined) throw new Error('The model has no graph.');
  const tower = await cpu.create({ threads: 1 }).open({ ...source, graph });
  const openMs = performance.now() - from;
  const request = { outputs: [source.manifest.output], signal: new AbortController().signal };
  await tower.run(batchOf(kind, 1, 9), request);
  const { resident, peak } = memory();
  process.on('message', ([size, length]: [number, number]) => {
    const batch = batchOf(kind, size, length);
    const started = performance.now();
    void tower.run(batch, request).then(({ [source.manifest.output]: { data } }) => {
      process.send?.({ ms: performance.now() - started, values: Array.from(data) } satisfies Ran);
    });
  });
  process.send?.({ openMs, resident, peak } satisfies Opened);
}

async function answer<Value>(child: ChildProcess): Promise<Value> {
  const [value] = (await once(child, 'message')) as [Value];
  return value;
}

/** Of the rows of two batches. */
function leastCosine(a: readonly number[], b: readonly number[], size: number): number {
  const width = a.length / size;
  const rows = Array.from({ length: size }, (_, row) => {
    const [x, y] = [a, b].map((values) => Float32Array.from(values.slice(row * width, (row + 1) * width)));
    return cosine(x, y);
  });
  return Math.min(...rows);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

async function main(folder: string): Promise<void> {
  // Conversion is not what is measured.
  await openModel(folder, VARIANTS.q8);
  const names = Object.keys(VARIANTS);
  for (const kind of ['image', 'text'] as const) {
    const opened: Record<string, Opened> = {};
    const children: Record<string, ChildProcess> = {};
    for (const name of names) {
      children[name] = fork(__filename, [folder, name, kind]);
      opened[name] = await answer<Opened>(children[name]);
    }
    for (const name of names) {
      const { openMs, resident, peak } = opened[name];
      const ratio = (key: keyof Opened): string => (opened[name][key] / opened.exported[key]).toFixed(2);
      console.log(
        `${kind.padEnd(5)} ${name.padEnd(8)} opens in ${openMs.toFixed(0).padStart(5)} ms (${ratio('openMs')}), holds ${resident.toFixed(0).padStart(4)} MB (${ratio('resident')}), at most ${peak.toFixed(0).padStart(4)} MB (${ratio('peak')})`,
      );
    }
    for (const { size, length } of CASES.filter((one) => one.kind === kind)) {
      const vectors: Record<string, readonly number[]> = {};
      const times: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
      for (let round = 0; round < ROUNDS; round++) {
        for (const name of names) {
          children[name].send([size, length]);
          const { ms, values } = await answer<Ran>(children[name]);
          times[name].push(ms);
          vectors[name] = values;
        }
      }
      const of = (name: string): number => median(times[name]);
      const shape = kind === 'image' ? `batch ${size}` : `batch ${size} of ${length} tokens`;
      console.log(
        `${kind.padEnd(5)} ${shape}: exported ${of('exported').toFixed(1)} ms; speed of built ${(of('exported') / of('built')).toFixed(2)}, of q8 ${(of('exported') / of('q8')).toFixed(2)}; cosine of q8 to built at least ${leastCosine(vectors.q8, vectors.built, size).toFixed(5)}`,
      );
    }
    for (const child of Object.values(children)) child.kill();
  }
  console.log(`(${describeMachine()})`);
}

const [folder, variant, kind] = process.argv.slice(2) as (string | undefined)[];
if (folder === undefined) throw new Error('Name a folder with safetensors and onnx/ exports.');
void (variant === undefined ? main(folder) : serve(folder, variant, kind as TowerKind));
