import path from 'node:path';
import { Remote } from '../../src/isolation/remote.js';
import type { Model } from '../../src/models/index.js';
import { RuntimeHost } from '../../src/runtime/host.js';
import type { GraphForm, TowerKind, TowerSource } from '../../src/runtime/index.js';
import type { WireBatch } from '../../src/runtime/wire.js';
import type { OpenParams, RateParams } from './bare-session.js';
import { makeCrops, makeTokenIds } from './contents.js';

/** Precision `exact` with attention as one operation is measured beside what the plugin does. */
export type Precision = 'exact' | 'tf32' | 'fp16';

export interface Rate {
  readonly kind: TowerKind;
  readonly batch: number;
  /** Contents a second, the medians of the rounds, and how far apart those were. */
  readonly bare: number;
  readonly host: number;
  readonly spread: number;
  /** The least cosine between the vectors of the bare session in this precision and in the reference. */
  readonly cosine: number | undefined;
}

export interface RateOptions {
  readonly runtime: 'cuda' | 'cpu';
  readonly batches: readonly number[];
  readonly seconds: number;
  readonly rounds: number;
  /** Ends what is too long. */
  readonly isTimeOver: () => boolean;
}

const EXTENSION = path.extname(__filename);
/** Batches that the host is given at a time, as the batcher does. */
const IN_FLIGHT = 3;
const WATCHDOG_MS = 120_000;
const log = {
  info: () => undefined,
  warn: (details: object, message: string) => {
    console.log(message, details);
  },
  debug: () => undefined,
};

/** The plugin behind its host, as the server runs it. */
export function openHost(runtime: string, options: Readonly<Record<string, unknown>>): RuntimeHost {
  const specifier = path.resolve(__dirname, '..', '..', 'plugins', 'runtimes', runtime, `index${EXTENSION}`);
  const module = { specifier, from: __dirname };
  return new RuntimeHost({ name: runtime, module, options, log, watchdogMs: WATCHDOG_MS });
}

/** A session in a process of its own. Its precision is decided by the environment. */
export async function openBare(
  source: TowerSource,
  provider: 'cuda' | 'cpu',
  precision: Precision,
): Promise<Remote> {
  const environment = precision === 'exact' ? { NVIDIA_TF32_OVERRIDE: '0' } : undefined;
  const entry = path.join(__dirname, `bare-session${EXTENSION}`);
  const remote = new Remote({ title: 'bare session', entry, start: { environment }, onOutput: console.log });
  await remote.call('open', { source, provider } satisfies OpenParams);
  return remote;
}

function batchOf(model: Model, kind: TowerKind, size: number): WireBatch {
  if (kind === 'image') {
    const { imageSize } = model.manifest;
    return { kind, crops: makeCrops(size, imageSize), size, imageSize, normalization: model.pixelPlan };
  }
  const texts = makeTokenIds(size);
  const lengths = texts.map((ids) => ids.length);
  const length = Math.max(...lengths);
  const ids = texts.flatMap((text) => Array.from({ length }, (_, i) => text.at(i) ?? 49_407));
  return { kind, ids: Int32Array.from(ids), lengths, size, length };
}

/** What a session is fed: all that a batch is, in one piece. */
function toRateParams(batch: WireBatch, seconds: number): RateParams {
  if (batch.kind === 'text') return { batch, seconds };
  const { size, imageSize } = batch;
  return {
    batch: { kind: 'image', crops: Buffer.concat(batch.crops), pixels: new Float32Array(), size, imageSize },
    seconds,
  };
}

/** A bare session in turns with the plugin's host: contents a second from crops, or from token ids. */
export async function measureRates(
  model: Model,
  kind: TowerKind,
  precision: Precision,
  form: GraphForm | undefined,
  { runtime, batches, seconds, rounds, isTimeOver }: RateOptions,
  reference?: ReadonlyMap<number, Float32Array>,
): Promise<{ rates: Rate[]; vectors: Map<number, Float32Array> }> {
  const source = await model.tower(kind, 'pooled', form);
  const host = openHost(runtime, runtime === 'cuda' ? { precision } : {});
  const bare = await openBare(source, runtime, precision);
  const rates: Rate[] = [];
  const vectors = new Map<number, Float32Array>();
  try {
    for (const size of batches) {
      if (isTimeOver()) break;
      const batch = batchOf(model, kind, size);
      const params = toRateParams(batch, seconds);
      const first = (await bare.call('rate', { ...params, seconds: 0.01 })) as { vectors: Float32Array };
      vectors.set(size, first.vectors);
      await runHost(host, source, batch, 0.01);
      const found: { bare: number[]; host: number[] } = { bare: [], host: [] };
      for (let round = 0; round < rounds; round++) {
        found.bare.push(((await bare.call('rate', params)) as { rate: number }).rate);
        found.host.push(await runHost(host, source, batch, seconds));
      }
      rates.push({
        kind,
        batch: size,
        bare: median(found.bare),
        host: median(found.host),
        spread: Math.max(
          ...[found.bare, found.host].map((values) => Math.max(...values) / Math.min(...values) - 1),
        ),
        cosine: leastCosine(first.vectors, reference?.get(size), size),
      });
    }
  } finally {
    await Promise.all([bare.close(), host.close()]);
  }
  return { rates, vectors };
}

async function runHost(
  host: RuntimeHost,
  source: TowerSource,
  batch: WireBatch,
  seconds: number,
): Promise<number> {
  const from = performance.now();
  let contents = 0;
  const work = async (): Promise<void> => {
    do {
      await host.run({ source, batch, atOnce: 1 }, new AbortController().signal);
      contents += batch.size;
    } while (performance.now() - from < seconds * 1000);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  return contents / ((performance.now() - from) / 1000);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Of the rows of two batches. */
function leastCosine(a: Float32Array, b: Float32Array | undefined, size: number): number | undefined {
  if (b === undefined) return undefined;
  const width = a.length / size;
  let least = 1;
  for (let row = 0; row < size; row++) {
    let [product, ofA, ofB] = [0, 0, 0];
    for (let i = row * width; i < (row + 1) * width; i++) {
      product += a[i] * b[i];
      ofA += a[i] ** 2;
      ofB += b[i] ** 2;
    }
    least = Math.min(least, product / Math.sqrt(ofA * ofB));
  }
  return least;
}
