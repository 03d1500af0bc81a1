import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ClipgraphError, withoutPaths } from '../errors/index.js';
import { Remote, WorkerLost } from '../isolation/remote.js';
import type { PluginModule } from '../plugins/loader.js';
import type { Isolation, Probe } from './contract.js';
import { PluginWorker } from './plugin-worker.js';
import { readProbe, refusedProbe } from './probe.js';
import type { RunMessage, RunParams, RunResult, StartParams, StartResult } from './wire.js';

/** Where the host reports what it has to do to keep a runtime going. */
export interface RuntimeLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  debug(details: object, message: string): void;
}

export interface HostOptions {
  /** What the plugin declares itself to be. */
  readonly name: string;
  readonly module: PluginModule;
  readonly options: Readonly<Record<string, unknown>>;
  /** As the plugin asks for, if absent. */
  readonly isolation?: Isolation | undefined;
  /** Where the plugin asks to run, if its module was met already. */
  readonly declaredIsolation?: Isolation | undefined;
  readonly log: RuntimeLog;
  /** Milliseconds that a run may take before its worker counts as hanging. */
  readonly watchdogMs: number;
  /** The same for loading it and for its probe. As for a run, if absent. */
  readonly startMs?: number | undefined;
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

/** The crops travel beside the message. */
function apart({ batch, ...rest }: RunParams): { message: RunMessage; payload?: readonly Uint8Array[] } {
  if (batch.kind === 'text') return { message: { ...rest, batch } };
  const { crops, ...described } = batch;
  return { message: { ...rest, batch: described }, payload: crops };
}

/** Runs one plugin in a worker of its own, and starts it again when it dies. */
export class RuntimeHost {
  readonly #options: HostOptions;
  /** Where the plugin is to run, once that is known. */
  #isolation: Isolation | undefined;
  #needsGraph = true;
  #worker: Promise<Remote> | undefined;
  #current: Remote | undefined;
  #deathsInARow = 0;
  #deaths = 0;
  #isClosed = false;
  #held: readonly string[] = [];
  #isOverBudget = false;

  constructor(options: HostOptions) {
    this.#options = options;
    this.#isolation = options.isolation ?? options.declaredIsolation;
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

  /** How often the worker died and was, or will be, started again. */
  get restarts(): number {
    return this.#deaths;
  }

  /** Whether the plugin runs the graphs that it is given, once it was started. */
  get needsGraph(): boolean {
    return this.#needsGraph;
  }

  /** How often it died since its last run that succeeded. */
  get deathsInARow(): number {
    return this.#deathsInARow;
  }

  /**
   * Asks the plugin whether it can serve. One that crashes, throws or answers something else can't.
   *
   * @throws BAD_USER_INPUT when its options are wrong: that is no reason to take another runtime
   */
  async probe(): Promise<Probe> {
    const { name, log } = this.#options;
    try {
      const worker = await this.#started();
      return readProbe(name, await worker.call('probe', undefined, { watchdogMs: this.#startMs }));
    } catch (error) {
      if (error instanceof ClipgraphError && error.code === 'BAD_USER_INPUT') throw error;
      log.warn({ runtime: name, err: error }, 'probe failed');
      return refusedProbe(name, error);
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
        const { message, payload } = apart(params);
        const result = (await worker.call('run', message, { signal, watchdogMs, payload })) as RunResult;
        this.#deathsInARow = 0;
        this.#held = result.held;
        this.#watchBudget(result.heldBytes);
        return result;
      } catch (error) {
        if (signal.aborted) throw error;
        if (this.#isClosed) {
          throw new ClipgraphError('RUNTIME_UNAVAILABLE', `The runtime ${name} is shutting down.`);
        }
        log.warn({ runtime: name, err: error, attempt }, 'batch failed');
        if (error instanceof ClipgraphError) {
          // It may be a stranger's sentence.
          throw new ClipgraphError(error.code, withoutPaths(error.message), { cause: error });
        }
        const isLost = error instanceof WorkerLost;
        if (isLost && attempt < ATTEMPTS) continue;
        const what = isLost ? `failed ${attempt} times` : 'failed';
        const why = isLost && error.remedy !== undefined ? ` ${error.message} ${error.remedy}` : '';
        const message = `The runtime ${name} ${what} while it ran ${params.source.manifest.model}.${why}`;
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

  get #startMs(): number {
    return this.#options.startMs ?? this.#options.watchdogMs;
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
    const { name, module, options, isolation, maxTowerBytes } = this.#options;
    if (this.#deathsInARow > 1) {
      await delay(Math.min(FIRST_BACKOFF_MS * 2 ** (this.#deathsInARow - 2), LONGEST_BACKOFF_MS));
    }
    // A plugin that is not known yet is first met in a process, whatever it asks for.
    const place = this.#isolation ?? 'process';
    const worker = this.#createWorker(place);
    try {
      const params: StartParams = { name, module, options, isolation, place, maxTowerBytes };
      const started = (await worker.call('start', params, { watchdogMs: this.#startMs })) as StartResult;
      this.#isolation = started.isolation;
      this.#needsGraph = started.needsGraph;
      if (started.isStarted) return worker;
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
    const where = isolation === 'none' ? 'work' : isolation;
    const worker: Remote = new Remote({
      title: `${where} of the runtime ${name}`,
      entry: WORKER,
      inPlace: () => new PluginWorker(),
      isolation,
      sharesMemory: true,
      memoryLimitMb,
      onOutput: (line) => {
        log.debug({ runtime: name, line }, 'runtime output');
      },
      onLost: (reason, loss, output) => {
        this.#deathsInARow++;
        this.#deaths++;
        log.warn({ runtime: name, reason, loss, output }, 'runtime lost');
      },
    });
    this.#current = worker;
    this.#held = [];
    return worker;
  }

  /** Towers that are in use are not closed for another one: the budget may be exceeded for a while. */
  #watchBudget(heldBytes: number): void {
    const { name, log, maxTowerBytes = Infinity } = this.#options;
    const isOver = heldBytes > maxTowerBytes;
    if (isOver && !this.#isOverBudget) {
      const message = 'runtime holds more than memory.maxModelBytes: all its towers are in use';
      log.warn({ runtime: name, heldBytes, maxTowerBytes }, message);
    }
    this.#isOverBudget = isOver;
  }
}
