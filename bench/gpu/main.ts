// What Clipgraph makes of a GPU: `npm run bench:gpu [-- --runtime cpu --shapes tiny]`. One run prints whether the numbers are
// exact, how fast ONNX Runtime alone, the plugin behind its host and the library are, and sentence-transformers on the same card.
//
// The weights are random and made here. `--runtime cpu` tries the script where there is no GPU. It writes gpu.json and gpu.md
// into `--out`; what was measured when time ran out (`--minutes`) is there all the same.
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { openModel } from '../../src/models/index.js';
import type { GraphForm } from '../../src/runtime/index.js';
import { describeMachine } from '../machine.js';
import { makePhotographs, makeTexts } from './contents.js';
import { isNormalizationExact, measureDifferences, runConformance } from './exactness.js';
import { measureLibrary } from './library.js';
import { measurePeer, type PeerVectors } from './peer.js';
import { measureRates, type Precision } from './rates.js';
import { differenceOf, toMarkdown, type Report, type ShapeReport } from './report.js';
import { SHAPES, writeCheckpoint, type ShapeName } from './shapes.js';

const FLAGS = {
  runtime: { type: 'string', default: 'cuda' },
  shapes: { type: 'string', default: 'B/32,L/14' },
  batches: { type: 'string', default: '1,8,32,64,256' },
  parts: { type: 'string', default: 'exactness,rates,library,peer' },
  python: { type: 'string', default: 'python3' },
  seconds: { type: 'string', default: '0.4' },
  rounds: { type: 'string', default: '3' },
  minutes: { type: 'string', default: '30' },
  photographs: { type: 'string', default: '1024' },
  texts: { type: 'string', default: '8192' },
  out: { type: 'string', default: '.' },
} as const;

const { values: flags } = parseArgs({ options: FLAGS });
const runtime = flags.runtime === 'cpu' ? 'cpu' : 'cuda';
const seconds = Number(flags.seconds);
const startedAt = performance.now();
const isTimeOver = (): boolean => performance.now() - startedAt > Number(flags.minutes) * 60_000;
const isWanted = (part: string): boolean => flags.parts.split(',').includes(part);
const report: Report = { machine: describeMachine(), runtime, device: undefined, shapes: [] };

/** What is measured: in each precision the form that the plugin asks for; and exact with attention as one operation. */
const VARIANTS: readonly { readonly precision: Precision; readonly form: GraphForm }[] = [
  { precision: 'exact', form: { bias: 'joined' } },
  { precision: 'exact', form: { bias: 'joined', attention: 'fused' } },
  { precision: 'tf32', form: { bias: 'joined', attention: 'fused' } },
  { precision: 'fp16', form: { bias: 'joined', attention: 'fused', precision: 'fp16' } },
];
const variants = runtime === 'cuda' ? VARIANTS : VARIANTS.slice(0, 1);
const precisions = [...new Set(variants.map(({ precision }) => precision))];

function save(): void {
  mkdirSync(flags.out, { recursive: true });
  writeFileSync(path.join(flags.out, 'gpu.json'), JSON.stringify(report, undefined, 1));
  writeFileSync(path.join(flags.out, 'gpu.md'), toMarkdown(report));
}

/** A part that fails leaves the others. */
async function part(name: string, work: () => Promise<void>): Promise<void> {
  if (isTimeOver()) return;
  const from = performance.now();
  await work().catch((error: unknown) => {
    (report.failures ??= []).push(`${name}: ${String(error)}`);
    console.log(name, error);
  });
  console.log(`${name}: ${((performance.now() - from) / 1000).toFixed(1)} s`);
  save();
}

async function exactness(): Promise<void> {
  await part('normalisation', async () => {
    report.isNormalizationExact = await isNormalizationExact(runtime);
  });
  for (const precision of precisions) {
    await part(`goldens, ${precision}`, async () => {
      (report.differences ??= []).push(await measureDifferences(runtime, precision));
    });
  }
  await part('conformance', async () => {
    report.conformance = await runConformance(runtime);
  });
}

async function measureShape(name: ShapeName, root: string): Promise<void> {
  const folder = path.join(root, name.replace('/', '-'));
  const shape: ShapeReport = { name, rates: [], library: [], peer: [] };
  report.shapes.push(shape);
  await part(`${name}, weights`, () => {
    writeCheckpoint(folder, name);
    return Promise.resolve();
  });
  const batches = flags.batches.split(',').map(Number);
  if (isWanted('rates')) {
    const model = await openModel(folder);
    for (const kind of ['image', 'text'] as const) {
      let reference: Map<number, Float32Array> | undefined;
      for (const { precision, form } of variants) {
        const isExtra = precision === 'exact' && form.attention !== undefined;
        await part(
          `${name}, ${kind}, ${precision}${isExtra ? ', attention as one operation' : ''}`,
          async () => {
            const options = { runtime, batches, seconds, rounds: Number(flags.rounds), isTimeOver } as const;
            const found = await measureRates(model, kind, precision, form, options, reference);
            reference ??= found.vectors;
            shape.rates.push(...found.rates.map((rate) => ({ ...rate, precision, isExtra })));
          },
        );
      }
    }
  }
  const texts = makeTexts(Number(flags.texts));
  const photographs = await makePhotographs(path.join(root, 'photographs'), Number(flags.photographs));
  let vectors: PeerVectors | undefined;
  for (const precision of isWanted('library') ? precisions : []) {
    await part(`${name}, library, ${precision}`, async () => {
      const measured = await measureLibrary({
        runtime,
        folder,
        precision,
        texts,
        photographs,
        seconds: seconds * 8,
      });
      vectors ??= measured.vectors;
      report.device ??= measured.rate.device;
      shape.library.push(measured.rate);
    });
  }
  if (!isWanted('peer')) return;
  await part(`${name}, sentence-transformers`, async () => {
    const { python } = flags;
    const device = runtime === 'cuda' ? 'cuda' : 'cpu';
    const asked = { python, folder, device, texts, photographs, precisions, seconds: seconds * 3 };
    const peer = await measurePeer({ ...asked, batches: [32, 256] });
    shape.peer.push(...peer.rates);
    shape.peerFailure = peer.failure;
    if (vectors && peer.vectors) shape.peerDifference = differenceOf(vectors, peer.vectors);
  });
}

async function main(): Promise<void> {
  report.cores = availableParallelism();
  const root = path.join(tmpdir(), `clipgraph-gpu-${process.pid}`);
  if (isWanted('exactness')) await exactness();
  for (const name of flags.shapes.split(',')) {
    if (!Object.hasOwn(SHAPES, name))
      throw new Error(`There is no shape ${name}; ${Object.keys(SHAPES).join(', ')} are.`);
    await measureShape(name as ShapeName, root);
  }
  save();
  console.log(toMarkdown(report));
}

void main();
