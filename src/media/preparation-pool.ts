import path from 'node:path';
import { ClipgraphError } from '../errors/index.js';
import { DONE } from '../isolation/done.js';
import { makeRoom } from '../isolation/admission.js';
import type { Turn } from '../isolation/fair-queue.js';
import { Remote, WorkerLost, type Loss } from '../isolation/remote.js';
import { WaitingQueue, type WaitingJob } from '../isolation/waiting.js';
import type { ImageLimits } from './image-limits.js';
import type { PreparedImage, PrepareTask } from './prepare.js';

/** One picture that was prepared, or could not be. */
export interface PreparationReport {
  /** OK, or the code of the failure. */
  readonly code: string;
  /** In its process, without what it waited. */
  readonly milliseconds: number;
}

export interface PoolOptions {
  /** Processes, started when they are needed. */
  readonly workers: number;
  /** Pictures that may wait; of more, those of whoever has the most waiting are refused. */
  readonly maxQueue: number;
  /** Milliseconds that one picture may compute before its process counts as hanging. */
  readonly timeoutMs: number;
  /** Bytes of the largest picture as it is sent. Default 0. */
  readonly maxImageBytes?: number;
  /** What decoding one picture may cost, beside what its task says. */
  readonly limits?: Omit<ImageLimits, 'maxPixels'>;
  /** Told of every picture whose preparation has ended. */
  readonly onPrepared?: ((report: PreparationReport) => void) | undefined;
  /** Told of a process that is gone, with the last lines that it printed. */
  readonly onLost: (reason: string, loss: Loss, output: readonly string[]) => void;
}

type Job = WaitingJob<PrepareTask, PreparedImage>;

/** How often a picture is tried whose process dies. One that hangs, or takes too much memory, does so again. */
const ATTEMPTS = 2;
/** A picture that nobody waits for any more may end within this: most do, and starting a process costs more. */
const ABANDONED_MS = 300;
/** What a process holds beside a picture, and what the foretelling of its memory may be wrong by. */
const RESERVE_MB = 132;
/** How often a picture's own bytes are there: in the parts that came, whole, and without what no decoder needs. */
const COPIES = 3;
const MEMORY_CHECK_MS = 50;
const WORKER = path.join(__dirname, `worker${path.extname(__filename)}`);
/** Pixels lie outside of V8's heap; what lies in it is small. Freed memory goes back to the system at once. */
const START = {
  nodeArguments: ['--max-old-space-size=128', '--expose-gc'],
  environment: { MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: '1048576' },
};

/** What is said of a picture whose process was lost. */
function failureOf(error: WorkerLost, { timeoutMs, limits }: PoolOptions): ClipgraphError {
  switch (error.loss) {
    case 'hung': {
      const message = `The picture cannot be decoded: its decoder was not done after ${timeoutMs} ms (preparation.timeoutMs).`;
      return new ClipgraphError('UNDECODABLE_IMAGE', message, { cause: error });
    }
    case 'memory': {
      const message = `Decoding the picture took more memory than it may (limits.maxDecodeBytes is ${limits?.maxDecodeBytes}).`;
      return new ClipgraphError('IMAGE_TOO_LARGE', message, { cause: error });
    }
    case 'not started': {
      const message =
        error.remedy === undefined
          ? 'The process that decodes pictures could not be started. The log of the server says why.'
          : `${error.message} ${error.remedy}`;
      return new ClipgraphError('RUNTIME_UNAVAILABLE', message, { cause: error });
    }
    case 'killed': {
      const message = `The picture's decoder was ended from outside ${ATTEMPTS} times, as systems do when memory runs out. Try again in a moment.`;
      return new ClipgraphError('OVERLOADED', message, { cause: error });
    }
    case 'crashed':
    case 'ended': {
      const message = 'The picture cannot be decoded: the decoder crashed on it.';
      return new ClipgraphError('UNDECODABLE_IMAGE', message, { cause: error });
    }
  }
}

function queueFull(waiting: number): ClipgraphError {
  const message = `The queue is full: ${waiting} pictures wait to be prepared. Try again in a moment.`;
  return new ClipgraphError('OVERLOADED', message);
}

/** Decodes and resamples pictures in processes of their own. */
export class PreparationPool {
  readonly #options: PoolOptions;
  readonly #waiting = new WaitingQueue<PrepareTask, PreparedImage>();
  readonly #attempts = new WeakMap<Job, number>();
  readonly #idle: Remote[] = [];
  readonly #workers = new Set<Remote>();
  #closed: ClipgraphError | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** The processes that run now. */
  get pids(): number[] {
    return [...this.#workers].map(({ pid }) => pid).filter((pid) => pid !== undefined);
  }

  /** Pictures that wait for a process. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * @param turn its signal takes the picture out of the queue, and ends its process where it does not end by itself soon
   * @throws the signal's reason; UNDECODABLE_IMAGE also when the picture hangs the decoder, or crashes it twice;
   *   IMAGE_TOO_LARGE also when its decoder takes too much memory; OVERLOADED as from the batcher;
   *   RUNTIME_UNAVAILABLE when no process can be started, and after `close`
   */
  async prepare(task: PrepareTask, turn: Turn): Promise<PreparedImage> {
    if (this.#closed === undefined && !turn.signal.aborted) {
      makeRoom([this.#waiting], {
        client: turn.client,
        max: this.#options.maxQueue,
        refusal: queueFull,
      });
    }
    const image = this.#waiting.submit(task, turn);
    this.#dispatch();
    return image;
  }

  /** Refuses what comes and ends what waits and what runs. */
  async close(): Promise<void> {
    const closed = new ClipgraphError('RUNTIME_UNAVAILABLE', 'The preparation of pictures is shutting down.');
    this.#closed ??= closed;
    this.#waiting.close(this.#closed);
    await Promise.all([...this.#workers].map((worker) => worker.close()));
    this.#workers.clear();
  }

  #dispatch(): void {
    while (this.#waiting.size > 0) {
      const worker = this.#freeWorker();
      if (worker === undefined) return;
      const [job] = this.#waiting.take(1);
      void this.#run(worker, job);
    }
  }

  #freeWorker(): Remote | undefined {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle.isLost ? this.#freeWorker() : idle;
    const { workers, limits, maxImageBytes = 0, onLost } = this.#options;
    // One that was told to end and has not yet makes room for another.
    const alive = [...this.#workers].filter((worker) => !worker.isLost).length;
    if (this.#closed !== undefined || alive >= workers) return undefined;
    const { maxDecodeBytes } = limits ?? {};
    const worker: Remote = new Remote({
      title: 'preparation process',
      entry: WORKER,
      start: START,
      memoryLimitMb:
        maxDecodeBytes && Math.ceil((maxDecodeBytes + maxImageBytes * COPIES) / 2 ** 20) + RESERVE_MB,
      memoryCheckMs: MEMORY_CHECK_MS,
      onLost: (reason, loss, output) => {
        this.#workers.delete(worker);
        onLost(reason, loss, output);
        this.#dispatch();
      },
    });
    this.#workers.add(worker);
    return worker;
  }

  async #run(worker: Remote, job: Job): Promise<void> {
    const from = performance.now();
    const report = (code: string): void => {
      this.#options.onPrepared?.({ code, milliseconds: performance.now() - from });
    };
    const done = new AbortController();
    this.#endWhenAbandoned(worker, job.signal, done.signal);
    try {
      job.resolve(await this.#call(worker, job.task));
      report('OK');
    } catch (error) {
      const isAgain = error instanceof WorkerLost && this.#isTriedAgain(error, job);
      if (isAgain) {
        this.#waiting.putBack(job);
      } else {
        const failure = error instanceof WorkerLost ? failureOf(error, this.#options) : error;
        job.reject(this.#closed ?? failure);
        const code = failure instanceof ClipgraphError ? failure.code : 'INTERNAL_SERVER_ERROR';
        report(job.signal.aborted ? 'CANCELLED' : code);
      }
    } finally {
      done.abort(DONE);
    }
    if (!worker.isLost) this.#idle.push(worker);
    this.#dispatch();
  }

  async #call(worker: Remote, { bytes, ...task }: PrepareTask): Promise<PreparedImage> {
    const { timeoutMs, limits } = this.#options;
    const watch = { payload: [bytes], watchdogMs: timeoutMs, isProcessorTime: true };
    return (await worker.call('prepare', { ...task, ...limits }, watch)) as PreparedImage;
  }

  #isTriedAgain({ loss }: WorkerLost, job: Job): boolean {
    const attempts = (this.#attempts.get(job) ?? 0) + 1;
    this.#attempts.set(job, attempts);
    const isOnlyOnce = loss === 'hung' || loss === 'memory';
    return !isOnlyOnce && attempts < ATTEMPTS && this.#closed === undefined && !job.signal.aborted;
  }

  /** Ends a process that goes on with a picture which nobody waits for. */
  #endWhenAbandoned(worker: Remote, signal: AbortSignal, done: AbortSignal): void {
    const leave = (): void => {
      const timer = setTimeout(() => {
        worker.kill();
      }, ABANDONED_MS);
      done.addEventListener('abort', () => {
        clearTimeout(timer);
      });
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true, signal: done });
  }
}
