import { setTimeout as delay } from 'node:timers/promises';
import { ClipgraphError, isContentError } from '../errors/index.js';
import type { Content } from './content.js';
import type { Embedder } from './embedder.js';
import type { Embedding } from './embedding.js';
import type { EmbedOptions, RequestScope } from './options.js';

/** One of many contents, as it is ready. */
export interface StreamedResult {
  /** The content's place among the contents. */
  readonly index: number;
  /** A content's own failure stands in its place. */
  readonly result: Embedding | ClipgraphError;
}

/** Milliseconds after which a stream that met a full queue tries again: it can wait. */
const PAUSE_MS = 50;

type Contents = Iterable<Content> | AsyncIterable<Content>;
type Source = AsyncIterator<Content, unknown> | Iterator<Content, unknown>;
type Result = IteratorResult<StreamedResult, undefined>;

/** Somebody's `next()` that waits. */
interface Reader {
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
}

/** Tries again while the queue is full. */
async function embedPatiently(
  embedder: Embedder,
  content: Content,
  options: EmbedOptions,
  scope: RequestScope,
): Promise<Embedding> {
  for (;;) {
    try {
      return await embedder.embed(content, options, scope);
    } catch (error) {
      if (!(error instanceof ClipgraphError) || error.code !== 'OVERLOADED') throw error;
    }
    // An abort ends the pause, too; its reason is thrown here.
    await delay(PAUSE_MS, undefined, { signal: scope.signal }).catch(() => undefined);
    scope.signal.throwIfAborted();
  }
}

/** Async iterables and others alike, one `next()` after the other. */
function iterate(contents: Contents): Source {
  return Symbol.asyncIterator in contents ? contents[Symbol.asyncIterator]() : contents[Symbol.iterator]();
}

/**
 * Embeds contents that come one by one. Contents are taken while results are, with a bounded number of them under way or
 * waiting to be read; a result is there as soon as it is ready, whatever the source does meanwhile.
 */
class EmbedStream implements AsyncIterableIterator<StreamedResult, undefined> {
  readonly #embedder: Embedder;
  readonly #contents: Contents;
  readonly #options: EmbedOptions;
  readonly #signal: AbortSignal;
  readonly #client: RequestScope['client'];
  /** One a content, since each has its own time. */
  readonly #underWay = new Set<AbortController>();
  readonly #ready: StreamedResult[] = [];
  readonly #readers: Reader[] = [];
  #source: Source | undefined;
  #isTaking = false;
  /** The source has no more. */
  #isDrained = false;
  /** Nothing is started any more. */
  #isOver = false;
  #failure: { readonly reason: unknown } | undefined;
  #taken = 0;

  constructor(
    embedder: Embedder,
    contents: Contents,
    options: EmbedOptions,
    { signal, client }: RequestScope,
  ) {
    this.#embedder = embedder;
    this.#contents = contents;
    this.#options = options;
    this.#signal = signal;
    this.#client = client;
  }

  next(): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
      this.#begin();
      void this.#take();
      this.#deliver();
    });
  }

  /** Cancels what is under way and ends at once, even while the source is waited for. */
  return(): Promise<Result> {
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
    this.#source = iterate(this.#contents);
  }

  readonly #onAbort = (): void => {
    this.#ready.length = 0;
    this.#fail(this.#signal.reason);
  };

  /** Starts contents while there is room for them. */
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
  #start(content: Content): void {
    if (!this.#isOver) void this.#embed(content, this.#taken++);
  }

  async #embed(content: Content, index: number): Promise<void> {
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
      const result = await embedPatiently(this.#embedder, content, this.#options, scope);
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
 * Any number of contents, each result as it is ready, with a bounded number of them under way: contents are taken as
 * results are. A source may be slow, or wait for an answer before it goes on.
 *
 * `return()` cancels what is under way and ends at once, even while a `next()` or the source waits; so does an abort,
 * whose reason the waiting `next()` is rejected with.
 *
 * @throws a failure that concerns the whole request, or that of the source
 */
export function embedStream(
  embedder: Embedder,
  contents: Contents,
  options: EmbedOptions,
  scope: RequestScope,
): AsyncIterableIterator<StreamedResult, undefined> {
  return new EmbedStream(embedder, contents, options, scope);
}
