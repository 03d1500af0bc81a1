import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { ClipgraphError } from 'clipgraph/store';
import type { Answer, ThreadOptions } from './wire.js';

const EXTENSION = path.extname(__filename);
/** From a checkout's source a thread needs a loader. */
const LOADER = EXTENSION === '.ts' ? ['--require', 'tsx/cjs'] : [];

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Given away to the thread. */
  readonly transfer?: readonly ArrayBuffer[];
}

type Method<Methods, Name extends keyof Methods> = Methods[Name] extends (
  ...values: infer Values
) => infer Result
  ? { readonly values: Values; readonly result: Result }
  : never;

/** A thread that answers questions, started with the first of them. One that failed is started again with the next. */
export class Thread<Methods> {
  #worker: Worker | undefined;
  #isClosed = false;
  #next = 0;
  readonly #waiting = new Map<number, Waiting>();

  constructor(
    private readonly program: 'reader' | 'writer',
    private readonly options: ThreadOptions,
  ) {}

  /**
   * @throws STORE_UNAVAILABLE when the thread ends, or after `close`; the signal's reason, at once; what the thread throws
   */
  async call<Name extends keyof Methods & string>(
    method: Name,
    values: Method<Methods, Name>['values'],
    { signal, transfer = [] }: CallOptions = {},
  ): Promise<Method<Methods, Name>['result']> {
    signal?.throwIfAborted();
    const worker = this.#start();
    const id = this.#next++;
    let leave: (() => void) | undefined;
    try {
      return await new Promise<Method<Methods, Name>['result']>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        worker.ref();
        leave = () => {
          worker.postMessage({ id });
          reject(signal?.reason as Error);
        };
        signal?.addEventListener('abort', leave, { once: true });
        worker.postMessage({ id, method, values }, [...transfer]);
      });
    } finally {
      if (leave !== undefined) signal?.removeEventListener('abort', leave);
      this.#waiting.delete(id);
      // An idle thread does not keep a program from ending.
      if (this.#waiting.size === 0 && this.#worker === worker && !this.#isClosed) worker.unref();
    }
  }

  #start(): Worker {
    if (this.#isClosed) throw new ClipgraphError('STORE_UNAVAILABLE', 'The embedded store is closed.');
    if (this.#worker !== undefined) return this.#worker;
    const entry = path.join(__dirname, `${this.program}${EXTENSION}`);
    const worker = new Worker(entry, { workerData: this.options, execArgv: LOADER });
    worker.on('message', ({ id, result, error }: Answer) => {
      const waiting = this.#waiting.get(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(revived(error));
    });
    worker.on('error', (cause) => {
      this.#lose(worker, cause);
    });
    worker.on('exit', () => {
      this.#lose(worker);
    });
    this.#worker = worker;
    return worker;
  }

  #lose(worker: Worker, cause?: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const message = this.#isClosed
      ? 'The embedded store is closed.'
      : 'The thread of the embedded store ended; the next request starts another.';
    for (const { reject } of this.#waiting.values()) {
      reject(new ClipgraphError('STORE_UNAVAILABLE', message, { cause }));
    }
  }

  /** Ends it once what it does now is done; what waits behind is refused. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#isClosed = true;
    if (worker === undefined) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.ref();
    worker.postMessage({ id: -1, isOver: true });
    await ended;
  }
}

function revived({ code, message, detail }: NonNullable<Answer['error']>): Error {
  const cause = new Error(detail);
  return code === undefined ? new Error(message, { cause }) : new ClipgraphError(code, message, { cause });
}
