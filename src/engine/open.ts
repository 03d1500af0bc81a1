import { runtimeOrder, type Config } from '../config/index.js';
import { ByteBudget, PreparationPool, UrlFetcher, type PreparationReport } from '../media/index.js';
import { Hub, ModelCatalog, type PullProgress } from '../models/index.js';
import type { BatchReport } from '../runtime/batcher.js';
import type { Loss } from '../isolation/remote.js';
import type { RuntimeLog } from '../runtime/host.js';
import { meetPlugins, type MetPlugin } from '../plugins/meeting.js';
import { RuntimeRegistry } from '../runtime/registry.js';
import { StoreRegistry } from '../stores/registry.js';
import { Collections, type CollectionWatchers } from './collections/collections.js';
import { Embedder } from './embedder.js';
import { Inspector } from './inspector.js';

/** Of plugins that the configuration may name. */
const KINDS = ['runtime', 'store'];

/** Where nobody watches: a line when it starts, and one when it is over. */
function loggedProgress(log: RuntimeLog): PullProgress {
  let name = '';
  return {
    start(model, files, bytes) {
      name = model;
      log.info({ model, files, bytes }, 'fetching a model');
    },
    advance: () => undefined,
    stop() {
      log.info({ model: name }, 'fetching has ended');
    },
  };
}

interface OpenOptions extends CollectionWatchers {
  /** Told of every batch that has run. */
  readonly onBatch?: ((runtime: string, report: BatchReport) => void) | undefined;
  /** Told of every picture whose preparation has ended, and of every process that was lost. */
  readonly onPrepared?: ((report: PreparationReport) => void) | undefined;
  readonly onPreparationLost?: ((loss: Loss) => void) | undefined;
  /** Told how models get on that have to be fetched. */
  readonly progress?: PullProgress | undefined;
}

function openPlugins({ plugins, limits }: Config): Promise<MetPlugin[]> {
  const from = process.cwd();
  const modules = plugins.map((specifier) => ({ specifier, from }));
  return meetPlugins(modules, KINDS, limits.timeoutMs);
}

/** What embeds, and what is kept of it. */
export interface Engine {
  readonly embedder: Embedder;
  readonly collections: Collections;
}

/**
 * Puts the parts together. No worker runs yet, no store is open; the models' files are found but not read. Who opens it
 * closes the collections first, then the embedder.
 *
 * @throws MODEL_NOT_FOUND, MODEL_UNAVAILABLE, RUNTIME_NOT_FOUND, STORE_NOT_FOUND, BAD_USER_INPUT
 */
export async function openEngine(
  config: Config,
  log: RuntimeLog,
  watchers: OpenOptions = {},
): Promise<Engine> {
  const plugins = await openPlugins(config);
  const stores = new StoreRegistry({
    default: config.store,
    stores: config.stores,
    plugins: plugins.filter(({ kind }) => kind === 'store'),
  });
  const embedder = await createEmbedder(config, log, watchers, plugins);
  return { embedder, collections: new Collections({ embedder, stores, ...watchers }) };
}

/**
 * The same without collections, for who keeps nothing.
 *
 * @throws MODEL_NOT_FOUND, MODEL_UNAVAILABLE, RUNTIME_NOT_FOUND, BAD_USER_INPUT
 */
export async function openEmbedder(
  config: Config,
  log: RuntimeLog,
  watchers: OpenOptions = {},
): Promise<Embedder> {
  return createEmbedder(config, log, watchers, await openPlugins(config));
}

async function createEmbedder(
  config: Config,
  log: RuntimeLog,
  watchers: OpenOptions,
  plugins: readonly MetPlugin[],
): Promise<Embedder> {
  const { limits } = config;
  const { onBatch, progress } = watchers;
  const watchdogMs = limits.timeoutMs;
  const models = await openCatalog(config, progress ?? loggedProgress(log));
  const order = runtimeOrder(config);
  const runtimes = new RuntimeRegistry({
    order,
    isAuto: config.runtime === 'auto',
    runtimes: config.runtimes,
    plugins: plugins.filter(({ kind }) => kind === 'runtime'),
    maxQueue: limits.maxQueue,
    watchdogMs,
    maxTowerBytes: config.memory.maxModelBytes === 0 ? undefined : config.memory.maxModelBytes,
    log,
    onBatch,
  });
  const urls = new UrlFetcher({ ...config.images.urls, maxBytes: limits.maxImageBytes });
  const budget = new ByteBudget(limits.maxBytesUnderWay);
  const pool = createPool(config, log, watchers);
  return new Embedder({ config, models, runtimes, pool, urls, budget });
}

/**
 * The same without a runtime.
 *
 * @throws MODEL_NOT_FOUND, MODEL_UNAVAILABLE
 */
export async function openInspector(
  config: Config,
  log: RuntimeLog,
  progress?: PullProgress,
): Promise<Inspector> {
  return new Inspector({
    config,
    models: await openCatalog(config, progress),
    pool: createPool(config, log),
  });
}

/**
 * The models alone: nothing runs. Those of the hub that the cache lacks are fetched.
 *
 * @throws MODEL_NOT_FOUND, MODEL_UNAVAILABLE
 */
export function openCatalog(
  { model, dtype, models, weights }: Config,
  progress?: PullProgress,
): Promise<ModelCatalog> {
  const hub = new Hub({ progress, weights });
  // A name alone and the same with the default precision are one.
  const first = dtype === 'stored' ? model : { model, dtype };
  return ModelCatalog.open([first, ...models], hub);
}

function createPool(
  { limits, preparation }: Config,
  log: RuntimeLog,
  { onPrepared, onPreparationLost }: OpenOptions = {},
): PreparationPool {
  return new PreparationPool({
    workers: preparation.workers,
    maxQueue: limits.maxQueue,
    timeoutMs: preparation.timeoutMs,
    maxImageBytes: limits.maxImageBytes,
    limits: { maxSide: limits.maxImageSide, maxDecodeBytes: limits.maxDecodeBytes },
    onPrepared,
    onLost: (reason, loss, output) => {
      onPreparationLost?.(loss);
      const details = { reason, loss, output };
      // That nobody waited for a picture any more is no fault.
      if (loss === 'ended') log.debug(details, 'preparation process ended');
      else log.warn(details, 'preparation process lost');
    },
  });
}
