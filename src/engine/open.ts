import type { Config } from '../config/index.js';
import { PreparationPool } from '../media/index.js';
import { ModelCatalog } from '../models/index.js';
import type { RuntimeLog } from '../runtime/host.js';
import { RuntimeRegistry } from '../runtime/registry.js';
import { Embedder } from './embedder.js';

/**
 * Puts the parts together. No worker runs yet; the models' files are found but not read.
 *
 * @throws MODEL_NOT_FOUND, MODEL_UNAVAILABLE, RUNTIME_NOT_FOUND, BAD_USER_INPUT
 */
export async function openEmbedder(config: Config, log: RuntimeLog): Promise<Embedder> {
  const { limits, preparation } = config;
  const watchdogMs = limits.timeoutMs;
  const models = await ModelCatalog.open([config.model, ...config.models]);
  const runtimes = new RuntimeRegistry({ ...config, maxQueue: limits.maxQueue, watchdogMs, log });
  const pool = new PreparationPool({
    workers: preparation.workers,
    maxQueue: limits.maxQueue,
    watchdogMs,
    onLost: (reason) => {
      log.warn({ reason }, 'preparation process lost');
    },
  });
  return new Embedder({ config, models, runtimes, pool });
}
