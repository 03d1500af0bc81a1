import { ClipgraphError } from '../errors/index.js';
import { Batcher, type PreparedContent, type RunAnswer } from './batcher.js';
import type { Probe, RuntimeInfo, TowerSource } from './contract.js';
import { RuntimeHost, type HostOptions } from './host.js';

interface RuntimeOptions extends HostOptions {
  /** Processes that run the plugin side by side. */
  readonly workers: number;
  readonly maxQueue: number;
}

/** A runtime as its users see it: probed once, started when it is first asked for work. */
export class Runtime {
  readonly name: string;
  readonly workers: number;
  readonly #hosts: readonly RuntimeHost[];
  readonly #maxQueue: number;
  #probe: Promise<Probe> | undefined;
  #batcher: Batcher | undefined;

  constructor({ workers, maxQueue, ...host }: RuntimeOptions) {
    this.name = host.name;
    this.workers = workers;
    this.#maxQueue = maxQueue;
    this.#hosts = Array.from({ length: workers }, () => new RuntimeHost(host));
  }

  /** The worker processes that run now. */
  get pids(): number[] {
    return this.#hosts.map(({ pid }) => pid).filter((pid) => pid !== undefined);
  }

  get restarts(): number {
    return this.#hosts.reduce((sum, { restarts }) => sum + restarts, 0);
  }

  /** Whether it can serve, asked once. */
  probe(): Promise<Probe> {
    this.#probe ??= this.#hosts[0].probe();
    return this.#probe;
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
      `The runtime ${this.name} cannot run here: ${probe.reason} ${probe.remedy}`,
    );
  }

  async run(
    source: TowerSource,
    content: PreparedContent,
    request: { readonly group: object; readonly signal: AbortSignal },
  ): Promise<RunAnswer> {
    const { maxBatch } = await this.info();
    this.#batcher ??= new Batcher({ runners: this.#hosts, maxBatch, maxQueue: this.#maxQueue });
    return this.#batcher.submit(source, content, request);
  }

  async close(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.close()));
  }
}
