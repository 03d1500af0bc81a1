import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { closest } from 'fastest-levenshtein';
import { ClipgraphError } from '../errors/index.js';
import type { BatchReport } from './batcher.js';
import { RuntimeHost, type RuntimeLog } from './host.js';
import { Runtime, type RuntimeOptions } from './runtime.js';

/** The plugins that ship with the package: each folder is one, and its name is the runtime's. */
const PLUGIN_FOLDER = path.join(__dirname, '..', '..', 'plugins', 'runtimes');

export interface RegistryOptions {
  /** Names in the order of preference. */
  readonly order: readonly string[];
  /** The plugins' options by runtime name; `workers`, `isolation` and `memoryLimitMb` are the host's. */
  readonly runtimes: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** More plugins: names of packages, or paths. */
  readonly plugins: readonly string[];
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
  name: string,
  module: string,
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
      const module = path.join(PLUGIN_FOLDER, name, `index${path.extname(__filename)}`);
      return new Runtime(runtimeOptions(name, module, options));
    });
}

/** What a plugin is probably called: the end of its package's or file's name. */
function likelyName(specifier: string): string {
  return path.parse(specifier.replace(/\/index\.\w+$/, '')).name.replace(/^clipgraph-(runtime-)?/, '');
}

/** A plugin of the configuration. It is loaded once to learn its name. */
async function configuredRuntime(specifier: string, options: RegistryOptions): Promise<Runtime> {
  let module: string;
  try {
    module = createRequire(path.join(process.cwd(), 'index.js')).resolve(specifier);
  } catch (cause) {
    const message = `The plugin "${specifier}" is not found: it is neither an installed package nor a path.`;
    throw new ClipgraphError('RUNTIME_NOT_FOUND', message, { cause });
  }
  const host = new RuntimeHost(runtimeOptions(likelyName(specifier), module, options));
  try {
    return new Runtime(runtimeOptions(await host.pluginName(), module, options));
  } catch (cause) {
    if (cause instanceof ClipgraphError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ClipgraphError('RUNTIME_UNAVAILABLE', `The plugin "${specifier}" cannot be loaded. ${reason}`, {
      cause,
    });
  } finally {
    await host.close();
  }
}

/** Finds runtimes by name. Knows which plugins there are only from the folders it finds and the configuration. */
export class RuntimeRegistry {
  readonly #runtimes: ReadonlyMap<string, Runtime>;
  readonly #order: readonly string[];
  readonly #log: RuntimeLog;
  #default: Promise<Runtime> | undefined;

  private constructor(runtimes: readonly Runtime[], { order, log }: RegistryOptions) {
    this.#runtimes = new Map(runtimes.map((runtime) => [runtime.name, runtime]));
    this.#order = order;
    this.#log = log;
  }

  /**
   * @throws RUNTIME_NOT_FOUND for a name that no plugin has, or a plugin that is not there; BAD_USER_INPUT;
   *   RUNTIME_UNAVAILABLE for a plugin that can't be loaded
   */
  static async open(options: RegistryOptions): Promise<RuntimeRegistry> {
    const configured = await Promise.all(
      options.plugins.map((specifier) => configuredRuntime(specifier, options)),
    );
    const runtimes = [...builtInRuntimes(options), ...configured];
    const names = runtimes.map(({ name }) => name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) {
      throw new ClipgraphError(
        'BAD_USER_INPUT',
        `Two runtime plugins are named "${twice}"; rename one of them.`,
      );
    }
    const registry = new RuntimeRegistry(runtimes, options);
    for (const name of [...options.order, ...Object.keys(options.runtimes)]) registry.get(name);
    return registry;
  }

  /**
   * @throws RUNTIME_NOT_FOUND with the nearest name
   */
  get(name: string): Runtime {
    const runtime = this.#runtimes.get(name);
    if (runtime !== undefined) return runtime;
    const names = [...this.#runtimes.keys()];
    throw new ClipgraphError(
      'RUNTIME_NOT_FOUND',
      `There is no runtime named "${name.slice(0, 40)}". Did you mean ${closest(name, names)}? Known: ${names.join(', ')}.`,
    );
  }

  /**
   * The runtime that serves when a request names none: the first in the order of preference that is ready. Decided once,
   * and logged.
   *
   * @throws RUNTIME_UNAVAILABLE with every candidate's reason and remedy
   */
  default(): Promise<Runtime> {
    this.#default ??= this.#choose();
    return this.#default;
  }

  list(): Runtime[] {
    return [...this.#runtimes.values()];
  }

  async close(): Promise<void> {
    await Promise.all(this.list().map((runtime) => runtime.close()));
  }

  async #choose(): Promise<Runtime> {
    const refused: { name: string; reason: string; remedy: string }[] = [];
    for (const name of this.#order) {
      const runtime = this.get(name);
      const probe = await runtime.probe();
      if (probe.ready) {
        this.#log.info({ runtime: name, ...probe.info, refused }, 'runtime chosen');
        return runtime;
      }
      refused.push({ name, reason: probe.reason, remedy: probe.remedy });
      void runtime.close();
    }
    const reasons = refused.map(({ name, reason, remedy }) => `${name}: ${reason} ${remedy}`);
    const message = `No runtime that the configuration names can run here. ${reasons.join(' ')}`;
    throw new ClipgraphError('RUNTIME_UNAVAILABLE', message);
  }
}
