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

/** Contents under way at once: full batches, and no more memory than that. */
const WINDOW = 64;
/** Milliseconds after which a stream that met a full queue tries again: it can wait. */
const PAUSE_MS = 50;

type Contents = Iterable<Content> | AsyncIterable<Content>;

/** Contents of all streams of an embedder that are under way. */
const streamed = new WeakMap<Embedder, number>();

async function takeNext(underWay: Map<number, Promise<StreamedResult>>): Promise<StreamedResult> {
  const done = await Promise.race(underWay.values());
  underWay.delete(done.index);
  return done;
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
      await delay(PAUSE_MS, undefined, { signal: scope.signal });
    }
  }
}

/**
 * Any number of contents, each result as it is ready, with a bounded number of them under way: contents are taken as
 * results are.
 *
 * `return()` cancels what has not started at once, even while a `next()` waits.
 *
 * @throws a failure that concerns the whole request
 */
export function embedStream(
  embedder: Embedder,
  contents: Contents,
  options: EmbedOptions,
  signal: AbortSignal,
): AsyncIterableIterator<StreamedResult, undefined> {
  const { timeoutMs, maxQueue } = embedder.limits;
  const group = {};
  const cancellers = new Set<AbortController>();
  let isOver = false;

  const cancel = (reason: unknown): void => {
    isOver = true;
    for (const controller of cancellers) controller.abort(reason);
  };
  const onAbort = (): void => {
    cancel(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });

  // A controller a content: a signal that lives as long as the stream would remember each that was joined to it.
  const embedOne = async (content: Content, index: number): Promise<StreamedResult> => {
    const controller = new AbortController();
    cancellers.add(controller);
    streamed.set(embedder, (streamed.get(embedder) ?? 0) + 1);
    const timer = setTimeout(() => {
      const message = `A content was not ready within ${timeoutMs} ms (limits.timeoutMs).`;
      controller.abort(new ClipgraphError('TIMEOUT', message));
    }, timeoutMs);
    try {
      const result = await embedPatiently(embedder, content, options, { signal: controller.signal, group });
      return { index, result };
    } catch (error) {
      if (isContentError(error)) return { index, result: error };
      throw error;
    } finally {
      clearTimeout(timer);
      cancellers.delete(controller);
      streamed.set(embedder, (streamed.get(embedder) ?? 0) - 1);
    }
  };

  // Streams leave half of the queue to those who wait for an answer; each may always have one content under way.
  const hasRoom = (own: number): boolean =>
    own === 0 || (own < WINDOW && (streamed.get(embedder) ?? 0) < maxQueue / 2);

  async function* run(): AsyncGenerator<StreamedResult, undefined> {
    const underWay = new Map<number, Promise<StreamedResult>>();
    let next = 0;
    try {
      signal.throwIfAborted();
      for await (const content of contents) {
        const work = embedOne(content, next);
        work.catch(() => undefined); // Seen below; until then it must not count as unhandled.
        underWay.set(next++, work);
        while (!hasRoom(underWay.size)) yield await takeNext(underWay);
      }
      while (underWay.size > 0) yield await takeNext(underWay);
    } finally {
      signal.removeEventListener('abort', onAbort);
      if (!isOver) cancel(new ClipgraphError('TIMEOUT', 'Nobody waits for the rest.'));
    }
  }

  const results = run();
  return {
    next: () => results.next(),
    return: async () => {
      cancel(new ClipgraphError('TIMEOUT', 'The stream was ended by its reader.'));
      await results.return(undefined).catch(() => undefined);
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
