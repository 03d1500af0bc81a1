import { runtimeOrder, type Config } from '../config/index.js';
import { PreparationPool, UrlFetcher } from '../media/index.js';
import { ModelCatalog } from '../models/index.js';
import type { BatchReport } from '../runtime/batcher.js';
import type { RuntimeLog } from '../runtime/host.js';
import { RuntimeRegistry } from '../runtime/registry.js';
import { Embedder } from './embedder.js';
import { Inspector } from './inspector.js';

/**
 * Puts the parts together. `onBatch` is told of every batch that has run. No worker runs yet; the models' files are found but not read.
 *
 * @throws MODEL_NOT_FOUND, MODEL_UNAVAILABLE, RUNTIME_NOT_FOUND, BAD_USER_INPUT
 */
export async function openEmbedder(
  config: Config,
  log: RuntimeLog,
  onBatch?: (runtime: string, report: BatchReport) => void,
): Promise<Embedder> {
  const { limits } = config;
  const watchdogMs = limits.timeoutMs;
  const models = await openCatalog(config);
  const order = runtimeOrder(config);
  const { runtimes: options, plugins } = config;
  const runtimes = await RuntimeRegistry.open({
    order,
    runtimes: options,
    plugins,
    maxQueue: limits.maxQueue,
    watchdogMs,
    log,
    onBatch,
  });
  const urls = new UrlFetcher({ ...config.images.urls, maxBytes: limits.maxImageBytes });
  return new Embedder({ config, models, runtimes, pool: createPool(config, log), urls });
}

/**
 * The same without a runtime.
 *
 * @throws MODEL_NOT_FOUND, MODEL_UNAVAILABLE
 */
export async function openInspector(config: Config, log: RuntimeLog): Promise<Inspector> {
  return new Inspector({ config, models: await openCatalog(config), pool: createPool(config, log) });
}

/**
 * The models alone: nothing runs.
 *
 * @throws MODEL_NOT_FOUND, MODEL_UNAVAILABLE
 */
export function openCatalog({ model, models }: Config): Promise<ModelCatalog> {
  return ModelCatalog.open([model, ...models]);
}

function createPool({ limits, preparation }: Config, log: RuntimeLog): PreparationPool {
  return new PreparationPool({
    workers: preparation.workers,
    maxQueue: limits.maxQueue,
    watchdogMs: limits.timeoutMs,
    onLost: (reason) => {
      log.warn({ reason }, 'preparation process lost');
    },
  });
}
