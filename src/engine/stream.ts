import { setTimeout as delay } from 'node:timers/promises';
import { ClipgraphError, isContentError } from '../errors/index.js';
import type { Content } from './content.js';
import type { Embedder } from './embedder.js';
import type { Embedding } from './embedding.js';
import type { EmbedOptions, RequestScope } from './options.js';

/** What became of one of many, as it is ready. */
export interface Streamed<Value> {
  /** Its place among them. */
  readonly index: number;
  /** A content's own failure stands in its place. */
  readonly result: Value | ClipgraphError;
}

/** One of many contents, as it is ready. */
export type StreamedResult = Streamed<Embedding>;

/** What is done with each of many; it may wait where the queue is full. */
export type Work<Given, Value> = (given: Given, scope: RequestScope, index: number) => Promise<Value>;

/** Milliseconds after which a stream that met a full queue tries again: it can wait. */
const PAUSE_MS = 50;

/** Many, that come at once or one by one. */
export type Many<Given> = Iterable<Given> | AsyncIterable<Given>;
type Source<Given> = AsyncIterator<Given, unknown> | Iterator<Given, unknown>;
type Result<Value> = IteratorResult<Streamed<Value>, undefined>;

/** Somebody's `next()` that waits. */
interface Reader<Value> {
  readonly resolve: (result: Result<Value>) => void;
  readonly reject: (reason: unknown) => void;
}

/** Tries again while the queue is full. */
export async function patiently<Value>(
  work: () => Promise<Value>,
  scope: Pick<RequestScope, 'signal'>,
): Promise<Value> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ClipgraphError) || error.code !== 'OVERLOADED') throw error;
    }
    // An abort ends the pause, too; its reason is thrown here.
    await delay(PAUSE_MS, undefined, { signal: scope.signal }).catch(() => undefined);
    scope.signal.throwIfAborted();
  }
}

/** Async iterables and others alike, one `next()` after the other. */
function iterate<Given>(many: Many<Given>): Source<Given> {
  return Symbol.asyncIterator in many ? many[Symbol.asyncIterator]() : many[Symbol.iterator]();
}

/**
 * Works on what comes one by one. It is taken while results are, with a bounded number of them under way or waiting to be
 * read; a result is there as soon as it is ready, whatever the source does meanwhile.
 */
class WorkStream<Given, Value> implements AsyncIterableIterator<Streamed<Value>, undefined> {
  readonly #embedder: Pick<Embedder, 'limits' | 'streamRoom'>;
  readonly #many: Many<Given>;
  readonly #work: Work<Given, Value>;
  readonly #signal: AbortSignal;
  readonly #client: RequestScope['client'];
  /** One each, since each has its own time. */
  readonly #underWay = new Set<AbortController>();
  readonly #ready: Streamed<Value>[] = [];
  readonly #readers: Reader<Value>[] = [];
  #source: Source<Given> | undefined;
  #isTaking = false;
  /** The source has no more. */
  #isDrained = false;
  /** Nothing is started any more. */
  #isOver = false;
  #failure: { readonly reason: unknown } | undefined;
  #taken = 0;

  constructor(
    embedder: Pick<Embedder, 'limits' | 'streamRoom'>,
    many: Many<Given>,
    work: Work<Given, Value>,
    { signal, client }: RequestScope,
  ) {
    this.#embedder = embedder;
    this.#many = many;
    this.#work = work;
    this.#signal = signal;
    this.#client = client;
  }

  next(): Promise<Result<Value>> {
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
      this.#begin();
      void this.#take();
      this.#deliver();
    });
  }

  /** Cancels what is under way and ends at once, even while the source is waited for. */
  return(): Promise<Result<Value>> {
    this.#end(new ClipgraphError('TIMEOUT', 'The stream was ended by its reader.'));
    this.#ready.length = 0;
    this.#failure = undefined;
    this.#deliver();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #begin(): void {
    if (this.#source !== undefined || this.#isOver) return;
    if (this.#signal.aborted) {
      this.#fail(this.#signal.reason);
      return;
    }
    this.#signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#source = iterate(this.#many);
  }

  readonly #onAbort = (): void => {
    this.#ready.length = 0;
    this.#fail(this.#signal.reason);
  };

  /** Starts work while there is room for it. */
  async #take(): Promise<void> {
    if (this.#isTaking || this.#isOver || this.#isDrained || this.#source === undefined) return;
    this.#isTaking = true;
    try {
      while (this.#mayStart()) {
        const step = this.#source.next();
        const { done, value } = step instanceof Promise ? await step : step;
        if (done === true) {
          this.#isDrained = true;
          break;
        }
        this.#start(value);
      }
    } catch (error) {
      this.#isDrained = true;
      this.#fail(error);
    }
    this.#isTaking = false;
    if (this.#isDrained) this.#deliver();
  }

  #mayStart(): boolean {
    return !this.#isOver && this.#embedder.streamRoom.hasRoom(this.#underWay.size + this.#ready.length);
  }

  /** Unless the stream has ended while the source was waited for. */
  #start(given: Given): void {
    if (!this.#isOver) void this.#run(given, this.#taken++);
  }

  async #run(given: Given, index: number): Promise<void> {
    const { timeoutMs } = this.#embedder.limits;
    const controller = new AbortController();
    this.#underWay.add(controller);
    this.#embedder.streamRoom.enter();
    const timer = setTimeout(() => {
      const message = `A content was not ready within ${timeoutMs} ms (limits.timeoutMs).`;
      controller.abort(new ClipgraphError('TIMEOUT', message));
    }, timeoutMs);
    try {
      const scope = { signal: controller.signal, group: this, client: this.#client };
      const result = await this.#work(given, scope, index);
      if (!this.#isOver) this.#ready.push({ index, result });
    } catch (error) {
      if (!isContentError(error)) this.#fail(error);
      else if (!this.#isOver) this.#ready.push({ index, result: error });
    } finally {
      clearTimeout(timer);
      this.#underWay.delete(controller);
      this.#embedder.streamRoom.leave();
    }
    this.#deliver();
  }

  /** Gives readers what is ready, then the failure or the end. */
  #deliver(): void {
    while (this.#readers.length > 0) {
      const isDone = this.#isOver || (this.#isDrained && this.#underWay.size === 0);
      const result = this.#ready.shift();
      if (result === undefined && this.#failure === undefined && !isDone) return;
      const reader = this.#readers.shift();
      if (result !== undefined) {
        reader?.resolve({ done: false, value: result });
      } else if (this.#failure !== undefined) {
        reader?.reject(this.#failure.reason);
        this.#failure = undefined; // Once; after it comes the end.
      } else {
        this.#end(undefined);
        reader?.resolve({ done: true, value: undefined });
      }
    }
    // What was taken makes room.
    void this.#take();
  }

  #fail(reason: unknown): void {
    if (this.#isOver) return;
    this.#failure = { reason };
    this.#end(reason);
    this.#deliver();
  }

  #end(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#signal.removeEventListener('abort', this.#onAbort);
    for (const controller of this.#underWay) controller.abort(reason);
    // Not waited for: a source that waits for something itself answers only when that has come.
    if (!this.#isDrained) this.#closeSource().catch(() => undefined);
  }

  async #closeSource(): Promise<void> {
    await this.#source?.return?.();
  }
}

/**
 * The same work on any number, each result as it is ready, with a bounded number of them under way: they are taken as
 * results are. A source may be slow, or wait for an answer before it goes on.
 *
 * `return()` cancels what is under way and ends at once, even while a `next()` or the source waits; so does an abort,
 * whose reason the waiting `next()` is rejected with.
 *
 * @throws a failure that concerns the whole request, or that of the source
 */
export function workStream<Given, Value>(
  embedder: Pick<Embedder, 'limits' | 'streamRoom'>,
  many: Many<Given>,
  work: Work<Given, Value>,
  scope: RequestScope,
): AsyncIterableIterator<Streamed<Value>, undefined> {
  return new WorkStream(embedder, many, work, scope);
}

/** Embeds any number of contents, as `workStream` does its work. */
export function embedStream(
  embedder: Embedder,
  contents: Many<Content>,
  options: EmbedOptions,
  scope: RequestScope,
): AsyncIterableIterator<StreamedResult, undefined> {
  const embed: Work<Content, Embedding> = (content, own) =>
    patiently(() => embedder.embed(content, options, own), own);
  return workStream(embedder, contents, embed, scope);
}
