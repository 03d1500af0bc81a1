import path from 'node:path';
import { ClipgraphError } from '../errors/index.js';
import { FairQueue, type Turn } from '../isolation/fair-queue.js';
import { Remote, WorkerLost } from '../isolation/remote.js';
import type { PreparedImage, PrepareTask } from './prepare.js';

interface PoolOptions {
  /** Processes, started when they are needed. */
  readonly workers: number;
  /** Pictures that may wait; more are refused. */
  readonly maxQueue: number;
  /** Milliseconds that one picture may take before its process counts as hanging. */
  readonly watchdogMs: number;
  readonly onLost: (reason: string) => void;
}

interface Job extends Turn {
  readonly task: PrepareTask;
  readonly resolve: (image: PreparedImage) => void;
  readonly reject: (reason: unknown) => void;
  attempts: number;
}

/** How often a picture is tried when its process dies. */
const ATTEMPTS = 2;
const WORKER = path.join(__dirname, `worker${path.extname(__filename)}`);

/** Decodes and resamples pictures in processes of their own. */
export class PreparationPool {
  readonly #options: PoolOptions;
  readonly #waiting = new FairQueue<Job>();
  readonly #idle: Remote[] = [];
  readonly #workers = new Set<Remote>();
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** The processes that run now. */
  get pids(): number[] {
    return [...this.#workers].map(({ pid }) => pid).filter((pid) => pid !== undefined);
  }

  /**
   * @throws UNDECODABLE_IMAGE also when the picture crashes or hangs the decoder twice; OVERLOADED at once when the
   *   queue is full
   */
  prepare(task: PrepareTask, { group, signal }: Turn): Promise<PreparedImage> {
    if (this.#waiting.size >= this.#options.maxQueue) {
      const message = `The queue is full: ${this.#waiting.size} pictures wait to be prepared. Try again in a moment.`;
      return Promise.reject(new ClipgraphError('OVERLOADED', message));
    }
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      this.#waiting.push(group, { task, group, signal, resolve, reject, attempts: 0 });
      this.#dispatch();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const closed = new ClipgraphError('OVERLOADED', 'The server is shutting down.');
    for (const job of this.#waiting.take(this.#waiting.size)) job.reject(closed);
    await Promise.all([...this.#workers].map((worker) => worker.close()));
  }

  #dispatch(): void {
    while (this.#waiting.size > 0) {
      const worker = this.#freeWorker();
      if (worker === undefined) return;
      const job = this.#waiting.take(1).at(0);
      if (job === undefined || job.signal.aborted) {
        this.#idle.push(worker);
        job?.reject(job.signal.reason);
        continue;
      }
      void this.#run(worker, job);
    }
  }

  #freeWorker(): Remote | undefined {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle.isLost ? this.#freeWorker() : idle;
    if (this.#isClosed || this.#workers.size >= this.#options.workers) return undefined;
    const worker: Remote = new Remote({
      title: 'preparation process',
      entry: WORKER,
      onLost: (reason) => {
        this.#workers.delete(worker);
        this.#options.onLost(reason);
        this.#dispatch();
      },
    });
    this.#workers.add(worker);
    return worker;
  }

  async #run(worker: Remote, job: Job): Promise<void> {
    job.attempts++;
    try {
      const { watchdogMs } = this.#options;
      const { bytes, ...task } = job.task;
      job.resolve((await worker.call('prepare', task, { payload: bytes, watchdogMs })) as PreparedImage);
    } catch (error) {
      if (!(error instanceof WorkerLost)) {
        job.reject(error);
      } else if (job.attempts < ATTEMPTS && !this.#isClosed) {
        this.#waiting.push(job.group, job);
      } else {
        const message = 'The picture cannot be decoded: the decoder crashed or hung on it.';
        job.reject(new ClipgraphError('UNDECODABLE_IMAGE', message, { cause: error }));
      }
    }
    if (!worker.isLost) this.#idle.push(worker);
    this.#dispatch();
  }
}
