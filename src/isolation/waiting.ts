import type { Held, Holdings } from './admission.js';
import { FairQueue, type Client, type Turn } from './fair-queue.js';

/** Work that somebody asked for, and may have left. */
export interface WaitingJob<Task, Answer> extends Turn {
  readonly task: Task;
  readonly queuedAt: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
}

/** Those that somebody still waits for. To be asked when work starts: who waited when it was queued says nothing. */
export function stillWaiting<Job extends { readonly signal: AbortSignal }>(jobs: readonly Job[]): Job[] {
  return jobs.filter(({ signal }) => !signal.aborted);
}

/**
 * Aborted as soon as nobody waits for shared work any more: the last of the signals was aborted, or all of them were before.
 *
 * @param done ends the watching
 */
export function whenNobodyWaits(signals: readonly AbortSignal[], done: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const live = signals.filter((signal) => !signal.aborted);
  if (live.length === 0) {
    controller.abort(signals.at(-1)?.reason);
    return controller.signal;
  }
  let waiting = live.length;
  const leave = ({ target }: Event): void => {
    waiting--;
    if (waiting === 0) controller.abort((target as AbortSignal).reason);
  };
  for (const signal of live) signal.addEventListener('abort', leave, { once: true });
  const stop = (): void => {
    for (const signal of live) signal.removeEventListener('abort', leave);
  };
  done.addEventListener('abort', stop, { once: true });
  return controller.signal;
}

/**
 * A fair queue of work that somebody waits for: who leaves takes it out of the queue, and closing the queue ends what
 * waits and refuses what comes.
 */
export class WaitingQueue<Task, Answer> implements Holdings {
  readonly #jobs = new FairQueue<WaitingJob<Task, Answer>>();
  #closed: Error | undefined;

  get size(): number {
    return this.#jobs.size;
  }

  /** Requests of which something waits. */
  get groups(): number {
    return this.#jobs.groups;
  }

  /**
   * Puts work into the queue, and waits until whoever takes it out settles it.
   *
   * @throws the signal's reason as soon as it is aborted, also when the work has started; the reason of `close`
   */
  async submit(task: Task, { client, group, signal }: Turn): Promise<Answer> {
    signal.throwIfAborted();
    if (this.#closed !== undefined) throw this.#closed;
    let leave: (() => void) | undefined;
    try {
      return await new Promise<Answer>((resolve, reject) => {
        const job = { task, client, group, signal, queuedAt: performance.now(), resolve, reject };
        leave = () => {
          this.#jobs.remove(job, job);
          reject(signal.reason as Error);
        };
        signal.addEventListener('abort', leave, { once: true });
        this.#jobs.push(job, job);
      });
    } finally {
      if (leave !== undefined) signal.removeEventListener('abort', leave);
    }
  }

  /** Clients of whom something waits, and how much. */
  counts(): Iterable<readonly [client: Client, count: number]> {
    return this.#jobs.counts();
  }

  /** What waits of a client, the newest first: each a place. */
  *newestOf(client: Client): Generator<Held, void, undefined> {
    for (const job of this.#jobs.newestOf(client)) {
      yield {
        count: 1,
        refuse: (reason) => {
          this.#jobs.remove(job, job);
          job.reject(reason);
        },
      };
    }
  }

  /** Puts a job back that was taken and not settled: it goes to the end of its request. */
  putBack(job: WaitingJob<Task, Answer>): void {
    if (this.#closed !== undefined) job.reject(this.#closed);
    else if (!job.signal.aborted) this.#jobs.push(job, job);
  }

  /** Removes up to `count` jobs, one of each client in turn. */
  take(count: number): WaitingJob<Task, Answer>[] {
    return this.#jobs.take(count);
  }

  /** Refuses what comes and ends what waits, with this reason. */
  close(reason: Error): void {
    this.#closed = reason;
    for (const { reject } of this.#jobs.take(this.#jobs.size)) reject(reason);
  }
}
