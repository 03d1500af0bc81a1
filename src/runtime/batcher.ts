import { ClipgraphError } from '../errors/index.js';
import type { Turn } from '../isolation/fair-queue.js';
import { stillWaiting, WaitingQueue, whenNobodyWaits, type WaitingJob } from '../isolation/waiting.js';
import type { TowerKind, TowerSource } from './contract.js';
import { batchKey, toWireBatch, type PreparedContent } from './wire-batch.js';
import type { RunParams, RunResult } from './wire.js';

export type { PreparedContent } from './wire-batch.js';

/** A content's embedding as the tower gave it (or one vector after the other for each of its tokens), and the milliseconds that it waited and ran. */
export interface RunAnswer {
  readonly vector: Float32Array;
  readonly queueMs: number;
  readonly inferenceMs: number;
}

/** Something that runs batches, one at a time. */
export interface BatchRunner {
  run(params: RunParams, signal: AbortSignal): Promise<Pick<RunResult, 'vectors' | 'milliseconds'>>;
}

type Job = WaitingJob<PreparedContent, RunAnswer>;

interface TowerQueue {
  readonly key: string;
  readonly source: TowerSource;
  readonly jobs: WaitingQueue<PreparedContent, RunAnswer>;
  /** What one content has taken lately, once that is known. */
  millisecondsEach: number | undefined;
}

/** A batch that has run. */
export interface BatchReport {
  readonly kind: TowerKind;
  /** Contents. */
  readonly size: number;
  readonly milliseconds: number;
}

interface BatcherOptions {
  readonly runners: readonly BatchRunner[];
  readonly maxBatch: number;
  /** Contents that may wait; more are refused. */
  readonly maxQueue: number;
  /** A batch is cut so that it should take no longer, since what arrives meanwhile has to wait for it. Default 250. */
  readonly batchBudgetMs?: number;
  /** While several requests wait, for all that is taken at once: a small one waits for what runs and for its own. Default 50. */
  readonly sharedBudgetMs?: number;
  readonly onBatch?: ((report: BatchReport) => void) | undefined;
}

/** The batch before anything was measured: small, in case that the model is large. */
const FIRST_BATCH = 4;
/** How much of the newest measurement goes into the estimate. */
const LEARNING_RATE = 0.3;
/** Texts are taken for this many batches at once and sorted by length, so that less is padded. */
const BATCHES_SORTED = 2;

function batchesTaken({ source }: TowerQueue): number {
  return source.kind === 'text' ? BATCHES_SORTED : 1;
}

function lengthOf({ task }: Job): number {
  return task.kind === 'text' ? task.ids.length : 0;
}

/** Batches of up to `size`, of contents of similar length. */
function cutIntoBatches(jobs: readonly Job[], size: number): Job[][] {
  const sorted = [...jobs].sort((a, b) => lengthOf(a) - lengthOf(b));
  return Array.from({ length: Math.ceil(jobs.length / size) }, (_, i) =>
    sorted.slice(i * size, (i + 1) * size),
  );
}

/**
 * Joins contents of many requests into batches.
 *
 * A batch starts as soon as a runner is free, with what is waiting then: no delay when idle, full batches under load.
 * Contents of one tower share batches; towers take turns, and so do requests. Whatever starts, a batch or a second try, holds
 * only contents that somebody still waits for then.
 */
export class Batcher {
  readonly #towers = new Map<string, TowerQueue>();
  readonly #idle: BatchRunner[];
  readonly #maxBatch: number;
  readonly #maxQueue: number;
  readonly #budgetMs: number;
  readonly #sharedBudgetMs: number;
  readonly #onBatch: BatcherOptions['onBatch'];
  #closed: Error | undefined;

  constructor({
    runners,
    maxBatch,
    maxQueue,
    batchBudgetMs = 250,
    sharedBudgetMs = 50,
    onBatch,
  }: BatcherOptions) {
    this.#idle = [...runners];
    this.#maxBatch = maxBatch;
    this.#maxQueue = maxQueue;
    this.#budgetMs = batchBudgetMs;
    this.#sharedBudgetMs = Math.min(batchBudgetMs, sharedBudgetMs);
    this.#onBatch = onBatch;
  }

  /** Contents that wait for a runner. */
  get waiting(): number {
    let waiting = 0;
    for (const { jobs } of this.#towers.values()) waiting += jobs.size;
    return waiting;
  }

  /**
   * Runs a content in one of the next batches.
   *
   * @param turn the request that it belongs to: contents of different groups take turns; its signal takes the content out
   *   of the queue, and a batch that has started is cancelled once nobody waits for it
   * @throws OVERLOADED at once when the queue is full; the reason of `close`
   */
  submit(source: TowerSource, content: PreparedContent, turn: Turn): Promise<RunAnswer> {
    const { waiting } = this;
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    if (waiting >= this.#maxQueue) {
      const message = `The queue is full: ${waiting} contents are waiting. Try again in a moment.`;
      return Promise.reject(new ClipgraphError('OVERLOADED', message));
    }
    const answer = this.#towerOf(source, content).jobs.submit(content, turn);
    // What is submitted in the same turn of the event loop belongs into the same batch.
    setImmediate(() => {
      this.#dispatch();
    });
    return answer;
  }

  /** Refuses what comes and ends what waits, with this reason; what runs is left to its runner. */
  close(reason: Error): void {
    this.#closed = reason;
    for (const { jobs } of this.#towers.values()) jobs.close(reason);
  }

  #towerOf(source: TowerSource, content: PreparedContent): TowerQueue {
    const key = batchKey(source, content);
    const known = this.#towers.get(key);
    if (known !== undefined) return known;
    const tower: TowerQueue = { key, source, jobs: new WaitingQueue(), millisecondsEach: undefined };
    this.#towers.set(key, tower);
    return tower;
  }

  #dispatch(): void {
    while (this.#idle.length > 0) {
      const tower = [...this.#towers.values()].find(({ jobs }) => jobs.size > 0);
      if (tower === undefined) return;
      // The tower goes to the back, so that the other one has its turn.
      this.#towers.delete(tower.key);
      this.#towers.set(tower.key, tower);
      const size = this.#batchSize(tower);
      const jobs = tower.jobs.take(size * batchesTaken(tower));
      const runner = this.#idle.shift();
      if (runner === undefined) return;
      void this.#runEach(runner, tower, cutIntoBatches(jobs, size)).finally(() => {
        this.#idle.push(runner);
        this.#dispatch();
      });
    }
  }

  #batchSize(tower: TowerQueue): number {
    const { millisecondsEach, jobs } = tower;
    // What is taken at once runs before anything else does.
    const budgetMs = jobs.groups > 1 ? this.#sharedBudgetMs / batchesTaken(tower) : this.#budgetMs;
    const fitting = millisecondsEach === undefined ? FIRST_BATCH : Math.floor(budgetMs / millisecondsEach);
    return Math.max(1, Math.min(this.#maxBatch, fitting));
  }

  async #runEach(
    runner: BatchRunner,
    tower: TowerQueue,
    batches: readonly (readonly Job[])[],
  ): Promise<void> {
    for (const jobs of batches) await this.#run(runner, tower, stillWaiting(jobs));
  }

  /** Runs a batch and settles its jobs; never throws. */
  async #run(runner: BatchRunner, tower: TowerQueue, jobs: readonly Job[]): Promise<void> {
    if (jobs.length === 0) return;
    const startedAt = performance.now();
    const done = new AbortController();
    try {
      const contents = jobs.map(({ task }) => task);
      const params = { source: tower.source, batch: toWireBatch(contents, tower.source.manifest) };
      const signals = jobs.map(({ signal }) => signal);
      const { vectors, milliseconds } = await runner.run(params, whenNobodyWaits(signals, done.signal));
      this.#onBatch?.({ kind: tower.source.kind, size: jobs.length, milliseconds });
      this.#learn(tower, milliseconds / jobs.length);
      const dimensions = vectors.length / jobs.length;
      for (const [row, job] of jobs.entries()) {
        job.resolve({
          vector: vectors.slice(row * dimensions, (row + 1) * dimensions),
          queueMs: startedAt - job.queuedAt,
          inferenceMs: milliseconds,
        });
      }
    } catch (error) {
      // One content may be what it failed on: each gets a run of its own.
      if (jobs.length > 1) await this.#runEach(runner, tower, cutIntoBatches(jobs, 1));
      else for (const job of jobs) job.reject(error);
    } finally {
      done.abort();
    }
  }

  #learn(tower: TowerQueue, millisecondsEach: number): void {
    tower.millisecondsEach ??= millisecondsEach;
    tower.millisecondsEach += LEARNING_RATE * (millisecondsEach - tower.millisecondsEach);
  }
}
