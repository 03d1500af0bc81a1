import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ClipgraphError } from '../errors/index.js';
import type { Probe } from './contract.js';
import type { Isolation } from './isolation/link.js';
import { Remote, WorkerLost } from './isolation/remote.js';
import type { RunParams, RunResult, StartParams } from './wire.js';

/** Where the host reports what it has to do to keep a runtime going. */
export interface RuntimeLog {
  warn(details: object, message: string): void;
  debug(details: object, message: string): void;
}

export interface HostOptions {
  readonly name: string;
  /** The plugin's module. */
  readonly module: string;
  readonly options: Record<string, unknown>;
  readonly isolation: Isolation;
  readonly log: RuntimeLog;
  /** Milliseconds that a run may take before its process counts as hanging. */
  readonly watchdogMs: number;
}

/** How often work is tried on a process that dies. */
const ATTEMPTS = 2;
/** Milliseconds before the second start in a row, doubled for each further one. */
const FIRST_BACKOFF_MS = 50;
const LONGEST_BACKOFF_MS = 5000;

const WORKER = path.join(__dirname, `worker${path.extname(__filename)}`);

/** Runs one plugin in a worker of its own, and starts it again when it dies. */
export class RuntimeHost {
  readonly #options: HostOptions;
  #worker: Promise<Remote> | undefined;
  #deathsInARow = 0;
  #starts = 0;
  #pid: number | undefined;
  #isClosed = false;

  constructor(options: HostOptions) {
    this.#options = options;
  }

  /** The worker's process, if there is one now. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /** How often the worker was started again after it died. */
  get restarts(): number {
    return Math.max(0, this.#starts - 1);
  }

  /** Asks the plugin whether it can serve. A plugin that crashes or throws can't. */
  async probe(): Promise<Probe> {
    try {
      const worker = await this.#started();
      return (await worker.call('probe', undefined, { watchdogMs: this.#options.watchdogMs })) as Probe;
    } catch (error) {
      return {
        ready: false,
        reason: error instanceof Error ? error.message : String(error),
        remedy: `Correct the plugin ${this.#options.name} or its options under runtimes.${this.#options.name}.`,
      };
    }
  }

  /**
   * Runs a batch. If the worker dies meanwhile, the batch is tried once more in a new one.
   *
   * @throws RUNTIME_UNAVAILABLE when that fails too; the plugin's own coded errors
   */
  async run(params: RunParams, signal: AbortSignal): Promise<RunResult> {
    for (let attempt = 1; ; attempt++) {
      try {
        const worker = await this.#started();
        const { watchdogMs } = this.#options;
        const result = (await worker.call('run', params, { signal, watchdogMs })) as RunResult;
        this.#deathsInARow = 0;
        return result;
      } catch (error) {
        if (signal.aborted) throw error;
        if (this.#isClosed) {
          throw new ClipgraphError(
            'RUNTIME_UNAVAILABLE',
            `The runtime ${this.#options.name} is shutting down.`,
          );
        }
        this.#options.log.warn({ runtime: this.#options.name, err: error, attempt }, 'batch failed');
        if (error instanceof ClipgraphError) throw error;
        const isLost = error instanceof WorkerLost;
        if (isLost && attempt < ATTEMPTS) continue;
        const what = isLost ? `failed ${attempt} times` : 'failed';
        throw new ClipgraphError(
          'RUNTIME_UNAVAILABLE',
          `The runtime ${this.#options.name} ${what} while it ran ${params.source.manifest.model}.`,
          { cause: error },
        );
      }
    }
  }

  /** Ends the worker; none is started again. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const worker = await this.#worker?.catch(() => undefined);
    await worker?.close();
  }

  async #started(): Promise<Remote> {
    if (this.#isClosed) throw new WorkerLost(`The runtime ${this.#options.name} is closed.`);
    const last = this.#worker;
    const worker = await last?.catch(() => undefined);
    if (worker?.isLost === false) return worker;
    // Several callers may find the worker gone at once: the first one starts the next, for all.
    if (this.#worker === last || this.#worker === undefined) this.#worker = this.#start();
    return this.#worker;
  }

  async #start(): Promise<Remote> {
    const { name, module, options, isolation, log, watchdogMs } = this.#options;
    this.#starts++;
    if (this.#deathsInARow > 1) {
      await delay(Math.min(FIRST_BACKOFF_MS * 2 ** (this.#deathsInARow - 2), LONGEST_BACKOFF_MS));
    }
    const worker = new Remote({
      title: `process of the runtime ${name}`,
      entry: WORKER,
      isolation,
      onOutput: (line) => {
        log.debug({ runtime: name, line }, 'runtime output');
      },
      onLost: (reason) => {
        this.#deathsInARow++;
        log.warn({ runtime: name, reason }, 'runtime process lost');
      },
    });
    this.#pid = worker.pid;
    const start: StartParams = { module, options };
    try {
      await worker.call('start', start, { watchdogMs });
    } catch (error) {
      this.#worker = undefined;
      await worker.close(0);
      throw error;
    }
    return worker;
  }
}
