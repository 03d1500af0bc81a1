import { readdirSync } from 'node:fs';
import path from 'node:path';
import { ClipgraphError } from '../errors/index.js';
import type { MetPlugin } from '../plugins/meeting.js';
import { PluginRegistry } from '../plugins/registry.js';
import type { BatchReport } from './batcher.js';
import type { RuntimeLog } from './host.js';
import { Runtime, type RuntimeOptions } from './runtime.js';

/** The plugins that ship with the package: each folder is one, and its name is the runtime's. */
const PLUGIN_FOLDER = path.join(__dirname, '..', '..', 'plugins', 'runtimes');

export interface RegistryOptions {
  /** Names in the order of preference. */
  readonly order: readonly string[];
  /** Nobody named them: one that can't run here is no news. Default false. */
  readonly isAuto?: boolean | undefined;
  /** The plugins' options by runtime name; `workers`, `isolation` and `memoryLimitMb` are the host's. */
  readonly runtimes: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** The runtimes among the plugins of the configuration. */
  readonly plugins: readonly Omit<MetPlugin, 'kind'>[];
  readonly maxQueue: number;
  readonly watchdogMs: number;
  /** Bytes of weights that each worker may hold; no limit if absent. */
  readonly maxTowerBytes?: number | undefined;
  readonly log: RuntimeLog;
  /** Told of every batch that has run. */
  readonly onBatch?: ((runtime: string, report: BatchReport) => void) | undefined;
}

function wrongOption(key: string, expected: string, value: unknown): ClipgraphError {
  return new ClipgraphError(
    'BAD_USER_INPUT',
    `Expected ${expected} for ${key} but received ${JSON.stringify(value)}.`,
  );
}

function positiveInteger(key: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1) return value;
  throw wrongOption(key, 'a positive whole number', value);
}

/** A runtime's options, those of the host apart from the plugin's own. */
function runtimeOptions(
  { name, module, isolation: declaredIsolation }: Pick<MetPlugin, 'name' | 'module'> & Partial<MetPlugin>,
  { runtimes, maxQueue, watchdogMs, maxTowerBytes, log, onBatch }: RegistryOptions,
): RuntimeOptions {
  const { workers, isolation, memoryLimitMb, ...options } = runtimes[name] ?? {};
  if (isolation !== undefined && isolation !== 'process' && isolation !== 'thread') {
    throw wrongOption(`runtimes.${name}.isolation`, 'process or thread', isolation);
  }
  return {
    name,
    module,
    options,
    isolation,
    declaredIsolation,
    memoryLimitMb: positiveInteger(`runtimes.${name}.memoryLimitMb`, memoryLimitMb),
    workers: positiveInteger(`runtimes.${name}.workers`, workers) ?? 1,
    maxQueue,
    watchdogMs,
    maxTowerBytes,
    log,
    onBatch:
      onBatch &&
      ((report) => {
        onBatch(name, report);
      }),
  };
}

function builtInRuntimes(options: RegistryOptions): Runtime[] {
  return readdirSync(PLUGIN_FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const specifier = path.join(PLUGIN_FOLDER, name, `index${path.extname(__filename)}`);
      return new Runtime(runtimeOptions({ name, module: { specifier, from: PLUGIN_FOLDER } }, options));
    });
}

/** A runtime that can't run here. */
interface Refused {
  readonly name: string;
  readonly reason: string;
  readonly remedy: string;
}

/** The runtime that serves when a request names none, or why there is none now. */
export type Readiness =
  | { readonly isReady: true; readonly runtime: Runtime }
  | { readonly isReady: false; readonly reason: string };

/** Finds runtimes by name. Knows which plugins there are only from the folders it finds and the configuration. */
export class RuntimeRegistry {
  readonly #runtimes: PluginRegistry<Runtime>;
  readonly #order: readonly string[];
  readonly #isAuto: boolean;
  readonly #log: RuntimeLog;
  #default: Promise<Runtime> | undefined;

  /**
   * @throws RUNTIME_NOT_FOUND for a name that no plugin has; BAD_USER_INPUT for two of one name, or a wrong option
   */
  constructor(options: RegistryOptions) {
    const configured = options.plugins.map((plugin) => new Runtime(runtimeOptions(plugin, options)));
    const runtimes = [...builtInRuntimes(options), ...configured];
    this.#runtimes = new PluginRegistry('runtime', 'RUNTIME_NOT_FOUND', runtimes);
    this.#order = options.order;
    this.#isAuto = options.isAuto ?? false;
    this.#log = options.log;
    for (const name of [...options.order, ...Object.keys(options.runtimes)]) this.get(name);
  }

  /** @throws RUNTIME_NOT_FOUND with the nearest name */
  get(name: string): Runtime {
    return this.#runtimes.get(name);
  }

  /**
   * The runtime that serves when a request names none: the first in the order of preference that is ready. Decided once, and
   * logged; while none is ready, decided again when somebody asks.
   *
   * @throws RUNTIME_UNAVAILABLE with every candidate's reason and remedy
   */
  default(): Promise<Runtime> {
    this.#default ??= this.#choose().catch((error: unknown) => {
      this.#default = undefined;
      throw error;
    });
    return this.#default;
  }

  /** Whether the default runtime serves now, by what it says of itself and what happened last. Never throws. */
  async readiness(): Promise<Readiness> {
    try {
      const runtime = await this.default();
      const probe = await runtime.readiness();
      if (probe.ready) return { isReady: true, runtime };
      return { isReady: false, reason: `The runtime ${runtime.name} cannot serve. ${probe.reason}` };
    } catch (error) {
      const reason = error instanceof ClipgraphError ? error.message : 'No runtime can serve.';
      return { isReady: false, reason };
    }
  }

  list(): Runtime[] {
    return this.#runtimes.list();
  }

  async close(): Promise<void> {
    await Promise.all(this.list().map((runtime) => runtime.close()));
  }

  async #choose(): Promise<Runtime> {
    const refused: Refused[] = [];
    for (const name of this.#order) {
      const runtime = this.get(name);
      const probe = await runtime.probe();
      if (probe.ready) {
        this.#log.info({ runtime: name, ...probe.info, ...(!this.#isAuto && { refused }) }, 'runtime chosen');
        if (this.#isAuto) this.#tellOfRefused(name, refused);
        return runtime;
      }
      refused.push({ name, reason: probe.reason, remedy: probe.remedy });
      void runtime.rest();
    }
    const reasons = refused.map(({ name, reason, remedy }) => `${name}: ${reason} ${remedy}`);
    const message = `No runtime that the configuration names can run here. ${reasons.join(' ')}`;
    throw new ClipgraphError('RUNTIME_UNAVAILABLE', message);
  }

  /** Most machines lack the first ones; but the last resort is slow, and what stands before it can often be installed. */
  #tellOfRefused(chosen: string, refused: readonly Refused[]): void {
    for (const { name, ...why } of refused) this.#log.debug({ runtime: name, ...why }, 'runtime not here');
    const better = refused.at(-1);
    if (better === undefined || chosen !== this.#order.at(-1)) return;
    const { name, reason, remedy } = better;
    const message = `${chosen} serves, which is slower than ${name}: ${reason} ${remedy} runtime: ${chosen} chooses it without this line.`;
    this.#log.warn({ runtime: chosen }, message);
  }
}
