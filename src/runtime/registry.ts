import { readdirSync } from 'node:fs';
import path from 'node:path';
import { closest } from 'fastest-levenshtein';
import { ClipgraphError } from '../errors/index.js';
import type { RuntimeLog } from './host.js';
import { Runtime } from './runtime.js';

/** Tried in this order by `runtime: auto`: the fastest first. */
const AUTO_ORDER = ['cuda', 'cpu', 'wasm'];

/** The plugins that ship with the package: each folder is one, and its name is the runtime's. */
const PLUGIN_FOLDER = path.join(__dirname, '..', '..', 'plugins');

export interface RegistryOptions {
  /** A name, an ordered list of names, or `auto`. */
  readonly runtime: string | readonly string[];
  /** The plugins' options by runtime name; `workers` is the registry's own. */
  readonly runtimes: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly maxQueue: number;
  readonly watchdogMs: number;
  readonly log: RuntimeLog;
}

function workersOf(name: string, workers: unknown): number {
  if (workers === undefined) return 1;
  if (typeof workers === 'number' && Number.isInteger(workers) && workers >= 1) return workers;
  throw new ClipgraphError(
    'BAD_USER_INPUT',
    `Expected a positive whole number for runtimes.${name}.workers but received ${JSON.stringify(workers)}.`,
  );
}

/** Finds runtimes by name. Knows which plugins there are only from the folders it finds. */
export class RuntimeRegistry {
  readonly #runtimes: ReadonlyMap<string, Runtime>;
  readonly #candidates: readonly string[];
  #default: Promise<Runtime> | undefined;

  constructor({ runtime, runtimes, maxQueue, watchdogMs, log }: RegistryOptions) {
    const names = readdirSync(PLUGIN_FOLDER, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
    this.#runtimes = new Map(
      names.map((name) => {
        const { workers, ...options } = runtimes[name] ?? {};
        const module = path.join(PLUGIN_FOLDER, name, `index${path.extname(__filename)}`);
        const host = { name, module, options, isolation: 'process', log, watchdogMs } as const;
        return [name, new Runtime({ ...host, workers: workersOf(name, workers), maxQueue })];
      }),
    );
    for (const name of Object.keys(runtimes)) this.get(name);
    const wanted =
      runtime === 'auto' ? AUTO_ORDER.filter((name) => this.#runtimes.has(name)) : [runtime].flat();
    this.#candidates = wanted;
    for (const name of wanted) this.get(name);
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
   * The runtime that serves when a request names none: the first of the configured ones that is ready. Decided once.
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
    const refusals: string[] = [];
    for (const name of this.#candidates) {
      const runtime = this.get(name);
      const probe = await runtime.probe();
      if (probe.ready) return runtime;
      refusals.push(`${name}: ${probe.reason} ${probe.remedy}`);
    }
    throw new ClipgraphError(
      'RUNTIME_UNAVAILABLE',
      `No configured runtime can run here. ${refusals.join(' ')}`,
    );
  }
}
