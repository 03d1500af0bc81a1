import { ClipgraphError } from '../errors/index.js';
import type { Turn } from '../isolation/fair-queue.js';
import {
  Batcher,
  type BatchReport,
  type BatchRunner,
  type PreparedContent,
  type RunAnswer,
} from './batcher.js';
import type { Probe, RuntimeInfo, TowerSource } from './contract.js';
import { RuntimeHost, type HostOptions } from './host.js';
import { Probing } from '../plugins/probing.js';
import { isDying, RunRecord } from './run-record.js';
import { trialRun } from './trial.js';

export interface RuntimeOptions extends HostOptions {
  /** Processes or threads that run the plugin side by side. */
  readonly workers: number;
  readonly maxQueue: number;
  readonly onBatch?: ((report: BatchReport) => void) | undefined;
}

/** What happened last: what was said about a runtime once, at the start, says nothing. */
export interface RuntimeState {
  /** Whether its last runs have all failed, or its workers died again and again. */
  readonly isFailing: boolean;
  readonly failuresInARow: number;
  /** Of the worker that is best off. */
  readonly deathsInARow: number;
  /** Milliseconds since 1970; undefined when no run has succeeded yet. */
  readonly lastGoodRunAt: number | undefined;
}

const FAILING = {
  ready: false,
  reason: 'Its last runs have all failed.',
  remedy: 'The log has the errors; it is tried again from time to time.',
} as const;

/** A runtime as its users see it: asked whether it can serve, started when it is first asked for work. */
export class Runtime {
  readonly name: string;
  readonly workers: number;
  readonly #hosts: readonly RuntimeHost[];
  readonly #maxQueue: number;
  readonly #onBatch: RuntimeOptions['onBatch'];
  readonly #probing: Probing<Probe>;
  readonly #trial: Probing<Probe>;
  readonly #record = new RunRecord();
  #batcher: Batcher | undefined;
  #isClosed = false;

  constructor({ workers, maxQueue, onBatch, ...host }: RuntimeOptions) {
    this.name = host.name;
    this.workers = workers;
    this.#maxQueue = maxQueue;
    this.#onBatch = onBatch;
    this.#hosts = Array.from({ length: workers }, () => new RuntimeHost(host));
    this.#probing = new Probing(() => this.#hosts[0].probe());
    this.#trial = new Probing(() => this.#tryAgain());
  }

  /** The worker processes that run now. */
  get pids(): number[] {
    return this.#hosts.map(({ pid }) => pid).filter((pid) => pid !== undefined);
  }

  get isRunning(): boolean {
    return this.#hosts.some((host) => host.isRunning);
  }

  get restarts(): number {
    return this.#hosts.reduce((sum, { restarts }) => sum + restarts, 0);
  }

  /** Whether a worker holds a tower of a model now. */
  holds(checksum: string): boolean {
    return this.#hosts.some(({ held }) => held.some((key) => key.startsWith(`${checksum}:`)));
  }

  /** Contents that wait for a worker. */
  get waiting(): number {
    return this.#batcher?.waiting ?? 0;
  }

  get state(): RuntimeState {
    const deathsInARow = Math.min(...this.#hosts.map((host) => host.deathsInARow));
    const { failuresInARow, lastGoodRunAt, isFailing } = this.#record;
    return { isFailing: isFailing || isDying(deathsInARow), failuresInARow, deathsInARow, lastGoodRunAt };
  }

  /** Whether it can serve, as it says itself. A refusal is asked again after a while. */
  probe(): Promise<Probe> {
    return this.#probing.probe();
  }

  /** The same, for one that may not be needed: it ends again unless it has work. */
  async probeAndRest(): Promise<Probe> {
    const { isDue } = this.#probing;
    const probe = await this.probe();
    if (isDue && this.#batcher === undefined) await this.rest();
    return probe;
  }

  /** Whether it serves now: what it says of itself, and what happened last. While all fails, a small run is tried now and then. */
  async readiness(): Promise<Probe> {
    const probe = await this.probe();
    if (!probe.ready || !this.state.isFailing) return probe;
    return this.#trial.probe();
  }

  /**
   * What the plugin says of itself.
   *
   * @throws RUNTIME_UNAVAILABLE with the reason and the remedy
   */
  async info(): Promise<RuntimeInfo> {
    const probe = await this.probe();
    if (probe.ready) return probe.info;
    throw new ClipgraphError(
      'RUNTIME_UNAVAILABLE',
      `The runtime ${this.name} cannot run here. ${probe.reason} ${probe.remedy}`,
    );
  }

  async run(source: TowerSource, content: PreparedContent, turn: Turn): Promise<RunAnswer> {
    const { maxBatch, maxInFlight } = await this.info();
    if (this.#isClosed) throw this.#closing();
    this.#batcher ??= new Batcher({
      runners: this.#hosts.map((host) => this.#recorded(host, maxInFlight)),
      atOnce: maxInFlight,
      maxBatch,
      maxQueue: this.#maxQueue,
      onBatch: this.#onBatch,
    });
    return this.#batcher.submit(source, content, turn);
  }

  /** Ends its workers until there is work for them. */
  async rest(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.rest()));
  }

  /** Refuses what comes and ends what waits; then ends the workers. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#batcher?.close(this.#closing());
    await Promise.all(this.#hosts.map((host) => host.close()));
  }

  #recorded(host: RuntimeHost, atOnce: number): BatchRunner {
    return {
      run: async (params, signal) => {
        try {
          const result = await host.run({ ...params, atOnce }, signal);
          this.#record.succeeded();
          this.#trial.forget();
          return result;
        } catch (error) {
          this.#record.failed(error);
          throw error;
        }
      },
    };
  }

  async #tryAgain(): Promise<Probe> {
    const [host] = this.#hosts;
    const probe = await host.probe();
    if (!probe.ready) return probe;
    try {
      await trialRun(host);
    } catch {
      return FAILING;
    }
    this.#record.forgive();
    this.#trial.forget();
    return probe;
  }

  #closing(): ClipgraphError {
    return new ClipgraphError('RUNTIME_UNAVAILABLE', `The runtime ${this.name} is shutting down.`);
  }
}
