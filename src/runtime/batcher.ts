import { ClipgraphError } from '../errors/index.js';
import { makeRoom } from '../isolation/admission.js';
import { DONE } from '../isolation/done.js';
import type { Client, Turn } from '../isolation/fair-queue.js';
import { stillWaiting, WaitingQueue, whenNobodyWaits, type WaitingJob } from '../isolation/waiting.js';
import type { TowerKind, TowerSource } from './contract.js';
import { Pace } from './pace.js';
import { batchKey, toWireBatch, type PreparedContent } from './wire-batch.js';
import type { RunParams, RunResult } from './wire.js';

export type { PreparedContent } from './wire-batch.js';

/** A content's embedding as the tower gave it (or one vector after the other for each of its tokens), and the milliseconds that it waited and ran. */
export interface RunAnswer {
  readonly vector: Float32Array;
  readonly queueMs: number;
  readonly inferenceMs: number;
}

/** Something that runs batches, `atOnce` at a time. */
export interface BatchRunner {
  run(params: RunParams, signal: AbortSignal): Promise<Pick<RunResult, 'vectors' | 'milliseconds'>>;
}

type Job = WaitingJob<PreparedContent, RunAnswer>;

interface TowerQueue {
  readonly key: string;
  readonly source: TowerSource;
  readonly jobs: WaitingQueue<PreparedContent, RunAnswer>;
  readonly pace: Pace;
  /** Contents that there was memory for at a time, and until when more are not tried again. */
  room: { readonly contents: number; readonly until: number } | undefined;
}

/** A runner, and the batches that it has. */
interface Busy {
  readonly runner: BatchRunner;
  batches: number;
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
  /** Batches that each of them runs at a time. Default 1. */
  readonly atOnce?: number;
  readonly maxBatch: number;
  /** Contents that may wait; of more, those of whoever has the most waiting are refused. */
  readonly maxQueue: number;
  /** A batch is cut so that it should take no longer, since what arrives meanwhile has to wait for it. Default 250. */
  readonly batchBudgetMs?: number;
  /** While several requests wait, for all that is taken at once: a small one waits for what runs and for its own. Default 50. */
  readonly sharedBudgetMs?: number;
  /** The same while several clients ask, unless a content alone takes more than half of that. Default 10. */
  readonly clientsBudgetMs?: number;
  readonly onBatch?: ((report: BatchReport) => void) | undefined;
}

/** The batch before anything was measured: small, in case that the model is large. */
const FIRST_BATCH = 4;
/** While several clients ask, a batch may take so many times as long as a content alone, however long that is. */
const TIMES_ALONE = 2;
/** Milliseconds after which a client that asks no more counts no longer. */
const CLIENT_MS = 10_000;
/** Batches that a busy runner is given beside what it runs: one is ready, and one is made. */
const AHEAD = 2;
/** Milliseconds for which batches stay as small as memory was last found for: what else takes it may end. */
const ROOM_MS = 60_000;
/** Smaller batches are worth more when more contents join them. */
const LEAST_AHEAD = 32;
/** Texts are taken for this many batches at once and sorted by length, so that less is padded. */
const BATCHES_SORTED = 2;

interface Batches {
  readonly size: number;
  readonly count: number;
}

function lengthOf({ task }: Job): number {
  return task.kind === 'text' ? task.ids.length : 0;
}

function queueFull(waiting: number): ClipgraphError {
  const message = `The queue is full: ${waiting} contents are waiting. Try again in a moment.`;
  return new ClipgraphError('OVERLOADED', message);
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
 * Contents of one tower share batches; towers take turns, and so do clients, and the requests of each. Whatever starts, a batch or a second try, holds
 * only contents that somebody still waits for then.
 */
export class Batcher {
  readonly #towers = new Map<string, TowerQueue>();
  readonly #runners: readonly Busy[];
  readonly #atOnce: number;
  readonly #maxBatch: number;
  readonly #maxQueue: number;
  readonly #budgetMs: number;
  readonly #sharedBudgetMs: number;
  readonly #clientsBudgetMs: number;
  readonly #onBatch: BatcherOptions['onBatch'];
  /** Who asked last, and until when somebody else counts as asking, too. */
  #lastClient: Client | undefined;
  #sharedUntil = 0;
  #closed: Error | undefined;

  constructor({
    runners,
    atOnce = 1,
    maxBatch,
    maxQueue,
    batchBudgetMs = 250,
    sharedBudgetMs = 50,
    clientsBudgetMs = 10,
    onBatch,
  }: BatcherOptions) {
    this.#runners = runners.map((runner) => ({ runner, batches: 0 }));
    this.#atOnce = atOnce;
    this.#maxBatch = maxBatch;
    this.#maxQueue = maxQueue;
    this.#budgetMs = batchBudgetMs;
    this.#sharedBudgetMs = Math.min(batchBudgetMs, sharedBudgetMs);
    this.#clientsBudgetMs = Math.min(batchBudgetMs, clientsBudgetMs);
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
   * @param turn who asks, and the request that it belongs to: clients take turns, and so do the requests of each; its signal takes
   *   the content out of the queue, and a batch that has started is cancelled once nobody waits for it
   * @throws OVERLOADED when the queue is full and nobody has more waiting, or as soon as another client, who has less, needs
   *   the room; the reason of `close`
   */
  async submit(source: TowerSource, content: PreparedContent, turn: Turn): Promise<RunAnswer> {
    if (this.#closed !== undefined) throw this.#closed;
    const queues = [...this.#towers.values()].map(({ jobs }) => jobs);
    makeRoom(queues, { client: turn.client, max: this.#maxQueue, refusal: queueFull });
    this.#meet(turn.client);
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
    const tower: TowerQueue = { key, source, jobs: new WaitingQueue(), pace: new Pace(), room: undefined };
    this.#towers.set(key, tower);
    return tower;
  }

  #dispatch(): void {
    for (;;) {
      const [busy] = [...this.#runners].sort((a, b) => a.batches - b.batches);
      const isAhead = busy.batches >= this.#atOnce;
      if (busy.batches >= this.#atOnce + AHEAD) return;
      const tower = [...this.#towers.values()].find(({ jobs }) => jobs.size > 0);
      if (tower === undefined) return;
      const next = isAhead ? this.#batchesAhead(tower) : this.#nextBatches(tower);
      if (next === undefined) return;
      // The tower goes to the back, so that the other one has its turn.
      this.#towers.delete(tower.key);
      this.#towers.set(tower.key, tower);
      const jobs = tower.jobs.take(next.size * next.count);
      busy.batches++;
      void this.#runEach(busy.runner, tower, cutIntoBatches(jobs, next.size)).finally(() => {
        busy.batches--;
        this.#dispatch();
      });
    }
  }

  /** Clients that ask by turns: the one who asks little should not wait for as long as one alone may make all others. */
  #meet(client: Client): void {
    if (this.#lastClient !== undefined && this.#lastClient !== client) {
      this.#sharedUntil = performance.now() + CLIENT_MS;
    }
    this.#lastClient = client;
  }

  /** How large the next batches are, and how many are taken at once: those run before anything else does. */
  #nextBatches({ source, jobs, pace, room }: TowerQueue): Batches {
    const held = room !== undefined && performance.now() < room.until ? room.contents : Infinity;
    const most = (budgetMs: number): number => {
      const fitting = pace.contentsIn(budgetMs) ?? FIRST_BATCH;
      return Math.max(1, Math.min(this.#maxBatch, held, fitting));
    };
    if (performance.now() < this.#sharedUntil) {
      const aloneMs = TIMES_ALONE * (pace.millisecondsAlone ?? 0);
      return { size: most(Math.min(this.#budgetMs, Math.max(this.#clientsBudgetMs, aloneMs))), count: 1 };
    }
    const count = source.kind === 'text' ? BATCHES_SORTED : 1;
    return { size: most(jobs.groups > 1 ? this.#sharedBudgetMs / count : this.#budgetMs), count };
  }

  /**
   * The same for a runner that is busy: what it has is made and sent while it runs, so that it need not wait for it. Only full
   * batches, which wait in any case, and only where all that it has then takes no longer than one batch may.
   */
  #batchesAhead(tower: TowerQueue): Batches | undefined {
    const { size, count } = this.#nextBatches(tower);
    const isShared = performance.now() < this.#sharedUntil;
    const ownMs = tower.jobs.groups > 1 ? this.#sharedBudgetMs : this.#budgetMs;
    const budgetMs = isShared ? this.#clientsBudgetMs : ownMs;
    const fitting = tower.pace.contentsIn(budgetMs / (this.#atOnce + AHEAD) / count) ?? 0;
    const quick = Math.min(size, fitting);
    const isFull = tower.jobs.size >= quick * count;
    return quick >= Math.min(LEAST_AHEAD, this.#maxBatch) && isFull ? { size: quick, count } : undefined;
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
      tower.pace.learn(jobs.length, milliseconds);
      const dimensions = vectors.length / jobs.length;
      for (const [row, job] of jobs.entries()) {
        job.resolve({
          vector: vectors.slice(row * dimensions, (row + 1) * dimensions),
          queueMs: startedAt - job.queuedAt,
          inferenceMs: milliseconds,
        });
      }
    } catch (error) {
      // One content may be what it failed on: each gets a run of its own; where memory was lacking, halves may find it.
      const isFull = error instanceof ClipgraphError && error.code === 'OUT_OF_MEMORY';
      const contents = isFull ? Math.ceil(jobs.length / 2) : 1;
      if (isFull) tower.room = { contents, until: performance.now() + ROOM_MS };
      if (jobs.length > 1) await this.#runEach(runner, tower, cutIntoBatches(jobs, contents));
      else for (const job of jobs) job.reject(error);
    } finally {
      done.abort(DONE);
    }
  }
}
