import pino from 'pino';
import type { Tokens } from './core/text/index.js';
import { parseConfig, type ConfigInput } from './config/index.js';
import {
  askClassify,
  askMatrix,
  askRank,
  askSimilarity,
  createAsk,
  embedPatiently,
  embedStream,
  followerOf,
  openEngine,
  type Classification,
  type Content,
  type ContentFailure,
  type Embedding,
  type EmbedOptions,
  type Match,
  type NewCollection,
  type Similarity,
  type SimilarityMatrix,
  type StreamedResult,
  type TokenEmbeddings,
} from './engine/index.js';
import {
  checkIterable,
  checkList,
  checkNewCollection,
  checkOptions,
  checkString,
  checkStrings,
} from './check-arguments.js';
import {
  describeCollection,
  keptCollection,
  type CollectionInfo,
  type KeptCollection,
} from './kept-collection.js';
import type { Model } from './models/index.js';
import type { Probe } from './runtime/index.js';

/** How a question is asked. */
export interface AskOptions extends EmbedOptions {
  /** Ends the work; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A runtime and whether it can run on this machine. */
export type RuntimeState = { readonly name: string } & Probe;

/** An answer about many contents, in a list, and beside it those that have no place in it. */
export type WithFailures<Answer> = readonly Answer[] & { readonly failures: readonly ContentFailure[] };

/** Clipgraph without a server. Whatever fails is a `ClipgraphError` with a code of `ERRORS`. */
export interface Clipgraph {
  /** One content, one embedding: `vector` is a `Float32Array` of `[dimensions]`, of unit length unless declined. */
  embed(content: Content, options?: AskOptions): Promise<Embedding>;
  /**
   * Any number of contents, each result as it is ready, with a bounded number under way. A content's own failure stands
   * in its place.
   */
  embedStream(
    contents: Iterable<Content> | AsyncIterable<Content>,
    options?: AskOptions,
  ): AsyncIterableIterator<StreamedResult, undefined>;
  /** How alike two contents are: `cosine` in [-1, 1], and what follows from it. */
  similarity(a: Content, b: Content, options?: AskOptions): Promise<Similarity>;
  /** Every row against every column: `cosine` is `[rows][columns]`. */
  similarityMatrix(
    rows: readonly Content[],
    columns: readonly Content[],
    options?: AskOptions,
  ): Promise<SimilarityMatrix>;
  /**
   * Candidates from the most to the least similar; ties keep the candidates' order. Those that could not be compared are
   * in `failures`, with their place and why; the query's failure is thrown.
   */
  rank(query: Content, candidates: readonly Content[], options?: AskOptions): Promise<WithFailures<Match>>;
  /**
   * Zero-shot classification, best first. `template` holds `{}` where the label goes. Labels that could not be compared
   * are in `failures`.
   */
  classify(
    content: Content,
    labels: readonly string[],
    options?: AskOptions & { readonly template?: string | undefined },
  ): Promise<WithFailures<Classification>>;
  /** How a text is cut into tokens, without running the model; cut at the context's length. */
  tokenize(text: string, options?: Pick<AskOptions, 'model' | 'signal'>): Promise<Tokens>;
  /**
   * A vector for every place of a text: the states of the last layer after its norm, `[contextLength, width]`, as Stable
   * Diffusion takes them.
   */
  tokenEmbeddings(text: string, options?: AskOptions): Promise<TokenEmbeddings>;
  /** The models that are configured, the default one first. */
  models(): readonly Model[];
  /** Every runtime plugin, and why the ones that can't run can't. */
  runtimes(): Promise<RuntimeState[]>;
  /** A collection by its name, whether it is there or not: it is looked up whenever it is used. */
  collection(name: string): KeptCollection;
  /** The collections that there are, in the order of their names. */
  collections(): Promise<CollectionInfo[]>;
  /** @throws COLLECTION_EXISTS, COLLECTION_FULL, MODEL_NOT_FOUND, STORE_NOT_FOUND, STORE_UNAVAILABLE */
  createCollection(input: NewCollection): Promise<KeptCollection>;
  /** Removes a collection with all that is kept of it; returns whether it was there. */
  deleteCollection(name: string): Promise<boolean>;
  /** Ends the processes that were started, and closes the stores. */
  close(): Promise<void>;
}

/**
 * Opens Clipgraph in this program. Processes start when they are first needed, and keep the program alive until `close`.
 *
 * @param config what `clipgraph.yml` may hold; the limits on a request's inputs are a server's and don't count here
 * @throws BAD_USER_INPUT for a wrong configuration, MODEL_NOT_FOUND, MODEL_UNAVAILABLE, RUNTIME_NOT_FOUND
 * @example
 * const clipgraph = await createClipgraph();
 * const { cosine } = await clipgraph.similarity({ text: 'a dog' }, { image: { path: 'photo.jpg' } });
 * await clipgraph.close();
 */
export async function createClipgraph(config: ConfigInput = {}): Promise<Clipgraph> {
  const parsed = parseConfig(config);
  const level = config.log?.level ?? 'warn';
  const { embedder, collections } = await openEngine(parsed, pino({ level }, pino.destination(2)));

  const asking = (given: AskOptions | undefined, method: string) => {
    const { signal: callers = new AbortController().signal, ...options } = checkOptions(given, method);
    const signal = followerOf(callers);
    return { ask: createAsk(embedPatiently(embedder, options), signal), options, signal };
  };

  return {
    embed: async (content, given) => {
      const [embedding] = await asking(given, 'embed').ask.embedAll([content], 'content');
      return embedding;
    },
    embedStream: (contents, given) => {
      const { options, signal } = asking(given, 'embedStream');
      return embedStream(embedder, checkIterable(contents, 'contents'), options, { signal });
    },
    similarity: async (a, b, given) => askSimilarity(asking(given, 'similarity').ask, a, b),
    similarityMatrix: async (rows, columns, given) =>
      askMatrix(
        asking(given, 'similarityMatrix').ask,
        checkList(rows, 'rows'),
        checkList(columns, 'columns'),
      ),
    rank: async (query, candidates, given) => {
      const { ask } = asking(given, 'rank');
      const { matches, failures } = await askRank(ask, query, checkList(candidates, 'candidates'));
      return Object.assign([...matches], { failures });
    },
    classify: async (content, labels, given = {}) => {
      const { template, ...rest } = checkOptions(given, 'classify');
      const { ask } = asking(rest, 'classify');
      const checked = checkStrings(labels, 'labels');
      const chosen = { template, limits: embedder.limits };
      const { classifications, failures } = await askClassify(ask, content, checked, chosen);
      return Object.assign([...classifications], { failures });
    },
    tokenize: async (text, given) => {
      const { options, signal } = asking(given, 'tokenize');
      return embedder.tokenize(checkString(text, 'text'), options.model, { signal });
    },
    tokenEmbeddings: async (text, given) => {
      const { options, signal } = asking(given, 'tokenEmbeddings');
      return embedder.tokenEmbeddings(checkString(text, 'text'), options, { signal });
    },
    models: () => embedder.models.list(),
    runtimes: () =>
      Promise.all(
        embedder.runtimes
          .list()
          .map(async (runtime) => ({ name: runtime.name, ...(await runtime.probeAndRest()) })),
      ),
    collection: (name) => keptCollection(collections, checkString(name, 'name')),
    collections: async () => Promise.all((await collections.list()).map(describeCollection)),
    createCollection: async (input) => {
      const { name } = await collections.create(checkNewCollection(input));
      return keptCollection(collections, name);
    },
    deleteCollection: async (name) => collections.delete(checkString(name, 'name')),
    close: async () => {
      await collections.close();
      await embedder.close();
    },
  };
}
