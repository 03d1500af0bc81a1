import { setMaxListeners } from 'node:events';
import type { Normalization } from '../core/image/index.js';
import { ClipgraphError } from '../errors/index.js';
import type { TowerKind, TowerManifest, TowerSource } from './contract.js';
import { FairQueue, type Turn } from '../isolation/fair-queue.js';
import type { RunParams, RunResult, WireBatch } from './wire.js';

/** One content, ready for its tower. */
export type PreparedContent =
  | { readonly kind: 'text'; readonly ids: readonly number[] }
  | {
      readonly kind: 'image';
      /** `size × size` RGB pixels. */
      readonly crop: Uint8Array;
      readonly size: number;
      readonly normalization: Normalization;
    };

/** A content's embedding as the tower gave it (or one vector after the other for each of its tokens), and the milliseconds that it waited and ran. */
export interface RunAnswer {
  readonly vector: Float32Array;
  readonly queueMs: number;
  readonly inferenceMs: number;
}

/** Something that runs batches, one at a time. */
export interface BatchRunner {
  run(params: RunParams, signal: AbortSignal): Promise<RunResult>;
}

interface Job {
  readonly content: PreparedContent;
  readonly signal: AbortSignal;
  readonly queuedAt: number;
  readonly resolve: (answer: RunAnswer) => void;
  readonly reject: (reason: Error) => void;
}

interface TowerQueue {
  readonly source: TowerSource;
  readonly jobs: FairQueue<Job>;
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
  /** A batch is cut so that it should take no longer, since what arrives meanwhile has to wait for it. */
  readonly batchBudgetMs?: number;
  readonly onBatch?: ((report: BatchReport) => void) | undefined;
}

/** The batch before anything was measured: small, in case that the model is large. */
const FIRST_BATCH = 4;
/** How much of the newest measurement goes into the estimate. */
const LEARNING_RATE = 0.3;

/** Texts are taken for this many batches at once and sorted by length, so that less is padded. */
const BATCHES_SORTED = 2;

function toWireBatch(contents: readonly PreparedContent[], { padding }: TowerManifest): WireBatch {
  const texts = contents.filter((content) => content.kind === 'text');
  if (texts.length > 0) {
    const lengths = texts.map(({ ids }) => ids.length);
    const length = Math.max(padding.length ?? 0, ...lengths);
    const ids = new Int32Array(texts.length * length).fill(padding.id);
    for (const [row, text] of texts.entries()) ids.set(text.ids, row * length);
    return { kind: 'text', ids, lengths, size: texts.length, length };
  }
  const images = contents.filter((content) => content.kind === 'image');
  const { size: imageSize, normalization } = images[0];
  const crops = new Uint8Array(images.length * imageSize * imageSize * 3);
  for (const [row, image] of images.entries()) crops.set(image.crop, row * imageSize * imageSize * 3);
  return { kind: 'image', crops, size: images.length, imageSize, normalization };
}

/** Contents share batches that want the same output of the same tower. */
function queueKey({ key, manifest }: TowerSource): string {
  return `${key}:${manifest.output}`;
}

function lengthOf({ content }: Job): number {
  return content.kind === 'text' ? content.ids.length : 0;
}

/** Batches of up to `size`, of contents of similar length. */
function cutIntoBatches(jobs: readonly Job[], size: number): Job[][] {
  const sorted = [...jobs].sort((a, b) => lengthOf(a) - lengthOf(b));
  return Array.from({ length: Math.ceil(jobs.length / size) }, (_, i) =>
    sorted.slice(i * size, (i + 1) * size),
  );
}

/** Aborted when the last of the signals is: then nobody waits for the batch any more. `done` ends the watching. */
function whenAllAbort(signals: readonly AbortSignal[], done: AbortSignal): AbortSignal {
  const controller = new AbortController();
  let waiting = signals.length;
  const leave = ({ target }: Event): void => {
    waiting--;
    if (waiting === 0) controller.abort((target as AbortSignal).reason);
  };
  for (const signal of signals) signal.addEventListener('abort', leave, { once: true, signal: done });
  return controller.signal;
}

/**
 * Joins contents of many requests into batches.
 *
 * A batch starts as soon as a runner is free, with what is waiting then: no delay when idle, full batches under load.
 * Contents of one tower share batches; towers take turns, and so do requests.
 */
export class Batcher {
  readonly #towers = new Map<string, TowerQueue>();
  readonly #idle: BatchRunner[];
  readonly #maxBatch: number;
  readonly #maxQueue: number;
  readonly #budgetMs: number;
  readonly #onBatch: BatcherOptions['onBatch'];
  #waiting = 0;

  constructor({ runners, maxBatch, maxQueue, batchBudgetMs = 250, onBatch }: BatcherOptions) {
    this.#idle = [...runners];
    this.#maxBatch = maxBatch;
    this.#maxQueue = maxQueue;
    this.#budgetMs = batchBudgetMs;
    this.#onBatch = onBatch;
  }

  /** Contents that wait for a runner. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Runs a content in one of the next batches.
   *
   * @param group the request that it belongs to; contents of different groups take turns
   * @param signal takes the content out of the queue; a batch that has started is cancelled once nobody waits for it
   * @throws OVERLOADED at once when the queue is full
   */
  async submit(source: TowerSource, content: PreparedContent, { group, signal }: Turn): Promise<RunAnswer> {
    if (this.#waiting >= this.#maxQueue) {
      const message = `The queue is full: ${this.#waiting} contents are waiting. Try again in a moment.`;
      throw new ClipgraphError('OVERLOADED', message);
    }
    signal.throwIfAborted();
    const { jobs } = this.#towerOf(source);
    const settled = new AbortController();
    try {
      return await new Promise<RunAnswer>((resolve, reject) => {
        const job: Job = { content, signal, queuedAt: performance.now(), resolve, reject };
        const leave = (): void => {
          jobs.remove(group, job);
          this.#recount();
          reject(signal.reason as Error);
        };
        signal.addEventListener('abort', leave, { signal: settled.signal });
        jobs.push(group, job);
        this.#recount();
        // What is submitted in the same turn of the event loop belongs into the same batch.
        setImmediate(() => {
          this.#dispatch();
        });
      });
    } finally {
      settled.abort();
    }
  }

  #towerOf(source: TowerSource): TowerQueue {
    const known = this.#towers.get(queueKey(source));
    if (known !== undefined) return known;
    const tower: TowerQueue = { source, jobs: new FairQueue(), millisecondsEach: undefined };
    this.#towers.set(queueKey(source), tower);
    return tower;
  }

  #recount(): void {
    this.#waiting = 0;
    for (const { jobs } of this.#towers.values()) this.#waiting += jobs.size;
  }

  #dispatch(): void {
    while (this.#idle.length > 0) {
      const tower = [...this.#towers.values()].find(({ jobs }) => jobs.size > 0);
      if (tower === undefined) return;
      // The tower goes to the back, so that the other one has its turn.
      this.#towers.delete(queueKey(tower.source));
      this.#towers.set(queueKey(tower.source), tower);
      const size = this.#batchSize(tower);
      const jobs = tower.jobs.take(tower.source.kind === 'text' ? size * BATCHES_SORTED : size);
      this.#recount();
      const runner = this.#idle.shift();
      if (runner === undefined) return;
      void this.#runEach(runner, tower, cutIntoBatches(jobs, size)).finally(() => {
        this.#idle.push(runner);
        this.#dispatch();
      });
    }
  }

  async #runEach(
    runner: BatchRunner,
    tower: TowerQueue,
    batches: readonly (readonly Job[])[],
  ): Promise<void> {
    for (const jobs of batches) await this.#run(runner, tower, jobs);
  }

  #batchSize({ millisecondsEach }: TowerQueue): number {
    const fitting =
      millisecondsEach === undefined ? FIRST_BATCH : Math.floor(this.#budgetMs / millisecondsEach);
    return Math.max(1, Math.min(this.#maxBatch, fitting));
  }

  async #run(runner: BatchRunner, tower: TowerQueue, jobs: readonly Job[]): Promise<void> {
    const startedAt = performance.now();
    const batch = toWireBatch(
      jobs.map(({ content }) => content),
      tower.source.manifest,
    );
    const done = new AbortController();
    setMaxListeners(0, done.signal); // One for each content of the batch.
    const signals = jobs.map(({ signal }) => signal);
    try {
      const params = { source: tower.source, batch };
      const { vectors, milliseconds } = await runner.run(params, whenAllAbort(signals, done.signal));
      this.#onBatch?.({ kind: tower.source.kind, size: jobs.length, milliseconds });
      const each = milliseconds / jobs.length;
      tower.millisecondsEach ??= each;
      tower.millisecondsEach += LEARNING_RATE * (each - tower.millisecondsEach);
      const dimensions = vectors.length / jobs.length;
      for (const [row, job] of jobs.entries()) {
        job.resolve({
          vector: vectors.slice(row * dimensions, (row + 1) * dimensions),
          queueMs: startedAt - job.queuedAt,
          inferenceMs: milliseconds,
        });
      }
    } catch (error) {
      // One content may be what it failed on: each gets a run of its own, unless the model is to blame.
      const isModel = error instanceof ClipgraphError && error.code === 'MODEL_UNAVAILABLE';
      if (jobs.length > 1 && !isModel) {
        const waiting = jobs.filter(({ signal }) => !signal.aborted);
        await this.#runEach(runner, tower, cutIntoBatches(waiting, 1));
      } else {
        for (const job of jobs) job.reject(error as Error);
      }
    } finally {
      done.abort();
    }
  }
}
