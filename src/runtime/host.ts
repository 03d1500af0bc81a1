import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ClipgraphError } from '../errors/index.js';
import type { Isolation, Probe, RuntimeInfo } from './contract.js';
import { Remote, WorkerLost } from '../isolation/remote.js';
import type { RunParams, RunResult, StartParams, StartResult } from './wire.js';

/** Where the host reports what it has to do to keep a runtime going. */
export interface RuntimeLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  debug(details: object, message: string): void;
}

export interface HostOptions {
  /** For messages; the plugin gives itself its name. */
  readonly name: string;
  /** The plugin's module. */
  readonly module: string;
  readonly options: Record<string, unknown>;
  /** As the plugin asks for, if absent. */
  readonly isolation?: Isolation | undefined;
  readonly log: RuntimeLog;
  /** Milliseconds that a run may take before its worker counts as hanging. */
  readonly watchdogMs: number;
  /** Resident memory at which a worker process is ended. No limit if absent, for a thread, and off Linux. */
  readonly memoryLimitMb?: number | undefined;
  /** Bytes of weights that the worker may hold; the towers used least recently are closed for another one. No limit if absent. */
  readonly maxTowerBytes?: number | undefined;
}

/** How often work is tried on a worker that dies. */
const ATTEMPTS = 2;
/** Milliseconds before the second start in a row, doubled for each further one. */
const FIRST_BACKOFF_MS = 50;
const LONGEST_BACKOFF_MS = 5000;

const WORKER = path.join(__dirname, `worker${path.extname(__filename)}`);

/** What a runtime must say of itself to be believed. */
function isInfo(info: unknown): info is RuntimeInfo {
  const { device, library, version, threads, maxBatch, maxInFlight } = (info ?? {}) as Partial<RuntimeInfo>;
  const counts = [threads, maxBatch, maxInFlight];
  return (
    [device, library, version].every((text) => typeof text === 'string') &&
    counts.every((count) => typeof count === 'number' && Number.isInteger(count) && count >= 1)
  );
}

/** Runs one plugin in a worker of its own, and starts it again when it dies. */
export class RuntimeHost {
  readonly #options: HostOptions;
  #plugin: StartResult | undefined;
  #worker: Promise<Remote> | undefined;
  #current: Remote | undefined;
  #deathsInARow = 0;
  #deaths = 0;
  #isClosed = false;
  #held: readonly string[] = [];

  constructor(options: HostOptions) {
    this.#options = options;
  }

  /** The worker's process, if it has one now. */
  get pid(): number | undefined {
    return this.isRunning ? this.#current?.pid : undefined;
  }

  get isRunning(): boolean {
    return this.#current?.isLost === false;
  }

  /** The keys of the towers that its worker holds. */
  get held(): readonly string[] {
    return this.isRunning ? this.#held : [];
  }

  /** As it is configured, or as the plugin asked for when it was loaded. */
  get #isolation(): Isolation | undefined {
    return this.#options.isolation ?? this.#plugin?.isolation;
  }

  /** How often the worker died and was, or will be, started again. */
  get restarts(): number {
    return this.#deaths;
  }

  /**
   * The name that the plugin gives itself.
   *
   * @throws Error when it can't be loaded
   */
  async pluginName(): Promise<string> {
    await this.#started();
    return this.#plugin?.name ?? '';
  }

  /**
   * Asks the plugin whether it can serve. One that crashes, throws or answers something else can't.
   *
   * @throws BAD_USER_INPUT when its options are wrong: that is no reason to take another runtime
   */
  async probe(): Promise<Probe> {
    const { name, watchdogMs } = this.#options;
    const remedy = `Correct the plugin ${name}, or its options under runtimes.${name}.`;
    try {
      const worker = await this.#started();
      const probe = (await worker.call('probe', undefined, { watchdogMs })) as Partial<Probe> | undefined;
      if (probe?.ready === false) {
        return {
          ready: false,
          reason: probe.reason ?? 'It does not say why.',
          remedy: probe.remedy ?? remedy,
        };
      }
      if (probe?.ready === true && isInfo(probe.info)) return { ready: true, info: probe.info };
      return { ready: false, reason: 'Its probe returned something that is no probe.', remedy };
    } catch (error) {
      if (error instanceof ClipgraphError && error.code === 'BAD_USER_INPUT') throw error;
      return { ready: false, reason: error instanceof Error ? error.message : String(error), remedy };
    }
  }

  /**
   * Runs a batch. If the worker dies meanwhile, the batch is tried once more in a new one.
   *
   * @throws RUNTIME_UNAVAILABLE when that fails too; the plugin's own coded errors
   */
  async run(params: RunParams, signal: AbortSignal): Promise<RunResult> {
    const { name, log, watchdogMs } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        const worker = await this.#started();
        const result = (await worker.call('run', params, { signal, watchdogMs })) as RunResult;
        this.#deathsInARow = 0;
        this.#held = result.held;
        return result;
      } catch (error) {
        if (signal.aborted) throw error;
        if (this.#isClosed) {
          throw new ClipgraphError('RUNTIME_UNAVAILABLE', `The runtime ${name} is shutting down.`);
        }
        log.warn({ runtime: name, err: error, attempt }, 'batch failed');
        if (error instanceof ClipgraphError) throw error;
        const isLost = error instanceof WorkerLost;
        if (isLost && attempt < ATTEMPTS) continue;
        const what = isLost ? `failed ${attempt} times` : 'failed';
        const message = `The runtime ${name} ${what} while it ran ${params.source.manifest.model}.`;
        throw new ClipgraphError('RUNTIME_UNAVAILABLE', message, { cause: error });
      }
    }
  }

  /** Ends the worker as a crash would; the next work starts another. */
  kill(): void {
    this.#current?.kill();
  }

  /** Ends the worker until there is work for it. */
  async rest(): Promise<void> {
    const worker = await this.#worker?.catch(() => undefined);
    this.#worker = undefined;
    await worker?.close();
  }

  /** Ends the worker; none is started again. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.rest();
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
    const { module, options, watchdogMs, maxTowerBytes } = this.#options;
    if (this.#deathsInARow > 1) {
      await delay(Math.min(FIRST_BACKOFF_MS * 2 ** (this.#deathsInARow - 2), LONGEST_BACKOFF_MS));
    }
    // A plugin that is not known yet is first met in a process, whatever it asks for.
    const isolation = this.#isolation ?? 'process';
    const worker = this.#createWorker(isolation);
    try {
      const params: StartParams = { module, options, maxTowerBytes };
      const started = (await worker.call('start', params, { watchdogMs })) as StartResult;
      this.#plugin ??= started;
      if (this.#isolation === isolation) return worker;
    } catch (error) {
      this.#worker = undefined;
      await worker.close(0);
      throw error;
    }
    await worker.close();
    return this.#start();
  }

  #createWorker(isolation: Isolation): Remote {
    const { name, log, memoryLimitMb } = this.#options;
    const worker: Remote = new Remote({
      title: `${isolation} of the runtime ${name}`,
      entry: WORKER,
      isolation,
      memoryLimitMb,
      onOutput: (line) => {
        log.debug({ runtime: name, line }, 'runtime output');
      },
      onLost: (reason) => {
        this.#deathsInARow++;
        this.#deaths++;
        log.warn({ runtime: name, reason }, 'runtime lost');
      },
    });
    this.#current = worker;
    this.#held = [];
    return worker;
  }
}
