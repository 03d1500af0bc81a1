import { ClipgraphError } from '../errors/index.js';
import { Batcher, type BatchReport, type PreparedContent, type RunAnswer } from './batcher.js';
import type { Probe, RuntimeInfo, TowerSource } from './contract.js';
import type { Turn } from '../isolation/fair-queue.js';
import { RuntimeHost, type HostOptions } from './host.js';

export interface RuntimeOptions extends HostOptions {
  /** Processes or threads that run the plugin side by side. */
  readonly workers: number;
  readonly maxQueue: number;
  readonly onBatch?: ((report: BatchReport) => void) | undefined;
}

/** A runtime as its users see it: probed once, started when it is first asked for work. */
export class Runtime {
  readonly name: string;
  readonly workers: number;
  readonly #hosts: readonly RuntimeHost[];
  readonly #maxQueue: number;
  readonly #onBatch: RuntimeOptions['onBatch'];
  #probe: Promise<Probe> | undefined;
  #batcher: Batcher | undefined;
  #isClosed = false;

  constructor({ workers, maxQueue, onBatch, ...host }: RuntimeOptions) {
    this.name = host.name;
    this.workers = workers;
    this.#maxQueue = maxQueue;
    this.#onBatch = onBatch;
    this.#hosts = Array.from({ length: workers }, () => new RuntimeHost(host));
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

  /** Whether it can serve, asked once. */
  probe(): Promise<Probe> {
    this.#probe ??= this.#hosts[0].probe();
    return this.#probe;
  }

  /** The same, for one that may not be needed: it ends again unless it has work. */
  async probeAndRest(): Promise<Probe> {
    const isFirst = this.#probe === undefined;
    const probe = await this.probe();
    if (isFirst && this.#batcher === undefined) await this.#hosts[0].rest();
    return probe;
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
      runners: this.#hosts.flatMap((host) => Array.from({ length: maxInFlight }, () => host)),
      maxBatch,
      maxQueue: this.#maxQueue,
      onBatch: this.#onBatch,
    });
    return this.#batcher.submit(source, content, turn);
  }

  /** Refuses what comes and ends what waits; then ends the workers. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#batcher?.close(this.#closing());
    await Promise.all(this.#hosts.map((host) => host.close()));
  }

  #closing(): ClipgraphError {
    return new ClipgraphError('RUNTIME_UNAVAILABLE', `The runtime ${this.name} is shutting down.`);
  }
}
