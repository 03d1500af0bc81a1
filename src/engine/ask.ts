import { ClipgraphError, isContentError } from '../errors/index.js';
import { together } from './cancelling.js';
import type { Content } from './content.js';
import type { Embedder } from './embedder.js';
import type { Embedding } from './embedding.js';
import { turnOf, type EmbedOptions, type RequestScope } from './options.js';
import { embedStream } from './stream.js';

/** An embedding, or the content's own failure in its place. */
export type EmbedResult = Embedding | ClipgraphError;

/** Told each result as it is ready; what it throws ends the rest. */
type Take = (result: EmbedResult, index: number) => void;

/** Embeds contents in whichever way a face of the program does; whoever asks for them waits until all are taken. */
export type EmbedContents = (contents: readonly Content[], signal: AbortSignal, take: Take) => Promise<void>;

/** How a question has its contents embedded, and who waits for the answer. */
export interface Ask {
  /** In the order of the contents, each failure in its place. */
  embedEach(contents: readonly Content[]): Promise<readonly EmbedResult[]>;
  /**
   * In the order of the contents. The first failure ends the others.
   *
   * @param argument that the contents were given in: the failure says so
   */
  embedAll(contents: readonly Content[], argument: string): Promise<readonly Embedding[]>;
  /** Asks for several things that end together: a failure of one ends the others. */
  together<Value>(start: (ask: Ask) => Promise<Value>): Promise<Value>;
}

export function createAsk(embed: EmbedContents, signal: AbortSignal): Ask {
  const collect = async (
    contents: readonly Content[],
    take: (results: EmbedResult[]) => Take,
  ): Promise<readonly EmbedResult[]> => {
    const results: EmbedResult[] = [];
    await embed(contents, signal, take(results));
    return results;
  };
  return {
    embedEach: (contents) =>
      collect(contents, (results) => (result, index) => {
        results[index] = result;
      }),
    embedAll: async (contents, argument) => {
      const results = await collect(contents, (found) => (result, index) => {
        if (result instanceof ClipgraphError) throw result.at({ argument, index });
        found[index] = result;
      });
      return results as readonly Embedding[];
    },
    together: (start) => together(signal, (shared) => start(createAsk(embed, shared))),
  };
}

/**
 * For a request that is answered at once or not at all: a full queue is OVERLOADED.
 *
 * @param scope the request: clients take turns, and so do the requests of each
 */
export function askAtOnce(embedder: Embedder, options: EmbedOptions, scope: RequestScope): Ask {
  const turn = turnOf(scope);
  return createAsk(async (contents, shared, take) => {
    embedder.checkCount(contents.length);
    await together(shared, (own) =>
      Promise.all(
        contents.map(async (content, index) => {
          take(await settled(embedder.embed(content, options, { ...turn, signal: own })), index);
        }),
      ),
    );
  }, scope.signal);
}

/** For who can wait: any number of contents, some of them under way. */
export function embedPatiently(embedder: Embedder, options: EmbedOptions): EmbedContents {
  return async (contents, signal, take) => {
    for await (const { index, result } of embedStream(embedder, contents, options, { signal })) {
      take(result, index);
    }
  };
}

/** A content's own failure as a result. */
async function settled(embedding: Promise<Embedding>): Promise<EmbedResult> {
  try {
    return await embedding;
  } catch (error) {
    if (isContentError(error)) return error;
    throw error;
  }
}
