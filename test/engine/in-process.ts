import pino from 'pino';
import { parseConfig, type ConfigInput } from '../../src/config/index.js';
import { Embedder, openCatalog } from '../../src/engine/index.js';
import { ByteBudget, PreparationPool, UrlFetcher } from '../../src/media/index.js';
import { Batcher } from '../../src/runtime/batcher.js';
import type { RuntimeRegistry } from '../../src/runtime/registry.js';
import type { RunParams, RunResult } from '../../src/runtime/wire.js';

/** An embedder over the starter's words and a runtime in this process, which says what it was asked for. */
export interface InProcess {
  readonly embedder: Embedder;
  readonly batcher: Batcher;
  /** Contents of each batch that has begun. */
  readonly sizes: readonly number[];
  /** Makes batches that begin from now on wait, until `letGo`. */
  hold(): void;
  letGo(): void;
  close(): Promise<void>;
}

/** Small, so that something waits while a batch runs. */
const MAX_BATCH = 4;

/** A vector that depends on the content alone: its bytes or ids, spread over the dimensions. */
function vectorOf(values: ArrayLike<number>, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  for (let i = 0; i < values.length; i++) vector[(values[i] * 31 + i) % dimensions] += 1 + (values[i] % 7);
  return vector;
}

export async function openInProcess(
  input: ConfigInput = {},
  { failing }: { readonly failing?: (batch: RunParams['batch']) => Error | undefined } = {},
): Promise<InProcess> {
  const config = parseConfig(input);
  const sizes: number[] = [];
  let held: Promise<void> | undefined;
  let open: () => void = () => undefined;
  const run = async ({ source, batch }: RunParams, signal: AbortSignal): Promise<RunResult> => {
    sizes.push(batch.size);
    await held;
    signal.throwIfAborted();
    const failure = failing?.(batch);
    if (failure !== undefined) throw failure;
    const { dimensions } = source.manifest;
    const vectors = new Float32Array(batch.size * dimensions);
    for (let row = 0; row < batch.size; row++) {
      const values =
        batch.kind === 'text'
          ? batch.ids.subarray(row * batch.length, row * batch.length + batch.lengths[row])
          : batch.crops[row].subarray(0, 3000);
      vectors.set(vectorOf(values, dimensions), row * dimensions);
    }
    return { vectors, milliseconds: 1, held: [], heldBytes: 0, openings: 0 };
  };
  const batcher = new Batcher({ runners: [{ run }], maxBatch: MAX_BATCH, maxQueue: config.limits.maxQueue });
  const info = {
    device: 'here',
    library: 'test',
    version: '1',
    threads: 1,
    maxBatch: MAX_BATCH,
    maxInFlight: 1,
  };
  const runtime = {
    name: 'here',
    info: () => Promise.resolve(info),
    run: batcher.submit.bind(batcher),
    holds: () => false,
  };
  const runtimes = {
    default: () => Promise.resolve(runtime),
    get: () => runtime,
    list: () => [runtime],
    close: () => Promise.resolve(),
  } as unknown as RuntimeRegistry;
  const pool = new PreparationPool({
    workers: 1,
    maxQueue: config.limits.maxQueue,
    timeoutMs: config.limits.timeoutMs,
    onLost: (reason) => pino({ level: 'silent' }).warn(reason),
  });
  const urls = new UrlFetcher({ ...config.images.urls, maxBytes: config.limits.maxImageBytes });
  const budget = new ByteBudget(config.limits.maxBytesUnderWay);
  const models = await openCatalog(config);
  const embedder = new Embedder({ config, models, runtimes, pool, urls, budget });
  return {
    embedder,
    batcher,
    sizes,
    hold: () => {
      held = new Promise((resolve) => {
        open = () => {
          held = undefined;
          resolve();
        };
      });
    },
    letGo: () => {
      open();
    },
    close: () => embedder.close(),
  };
}

/** Lets everything go on that is ready to, a few turns of the event loop long. */
export async function settle(turns = 20): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}
