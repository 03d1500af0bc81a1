import pino from 'pino';
import type { Tokens } from './core/text/index.js';
import { parseConfig, type ConfigInput } from './config/index.js';
import {
  classify,
  compare,
  DEFAULT_TEMPLATE,
  embedStream,
  openEmbedder,
  promptsFor,
  rank,
  similarityMatrix,
  type Classification,
  type Content,
  type Embedding,
  type EmbedOptions,
  type Match,
  type Similarity,
  type SimilarityMatrix,
  type StreamedResult,
  type TokenEmbeddings,
} from './engine/index.js';
import { ClipgraphError } from './errors/index.js';
import type { Model } from './models/index.js';
import type { Probe } from './runtime/index.js';

/** How a question is asked. */
export interface AskOptions extends EmbedOptions {
  /** Ends the work; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A runtime and whether it can run on this machine. */
export type RuntimeState = { readonly name: string } & Probe;

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
  /** Candidates from the most to the least similar; ties keep the candidates' order. */
  rank(query: Content, candidates: readonly Content[], options?: AskOptions): Promise<Match[]>;
  /** Zero-shot classification, best first. `template` holds `{}` where the label goes. */
  classify(
    content: Content,
    labels: readonly string[],
    options?: AskOptions & { readonly template?: string | undefined },
  ): Promise<Classification[]>;
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
  /** Ends the processes that were started. */
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
  const embedder = await openEmbedder(parsed, pino({ level }, pino.destination(2)));

  const stream = (contents: Iterable<Content> | AsyncIterable<Content>, options: AskOptions = {}) =>
    embedStream(embedder, contents, options, options.signal ?? new AbortController().signal);

  /** All or none: a failure says which content is at fault. */
  const embedAll = async (contents: readonly Content[], options: AskOptions = {}, argument = 'contents') => {
    const embeddings: Embedding[] = [];
    for await (const { index, result } of stream(contents, options)) {
      if (result instanceof ClipgraphError) throw result.at({ argument, index });
      embeddings[index] = result;
    }
    return embeddings;
  };
  const embed = async (content: Content, options?: AskOptions) => (await embedAll([content], options))[0];

  return {
    embed,
    embedStream: stream,
    similarity: async (a, b, options) => {
      const [left, right] = await embedAll([a, b], options);
      return compare(left, right);
    },
    similarityMatrix: async (rows, columns, options) => {
      const [left, right] = await Promise.all([
        embedAll(rows, options, 'rows'),
        embedAll(columns, options, 'columns'),
      ]);
      return similarityMatrix(left, right);
    },
    rank: async (query, candidates, options) => {
      const [subject, others] = await Promise.all([
        embed(query, options),
        embedAll(candidates, options, 'candidates'),
      ]);
      return rank(subject, others);
    },
    classify: async (content, labels, { template = DEFAULT_TEMPLATE, ...options } = {}) => {
      const prompts = promptsFor(labels, template, embedder.limits).map((text) => ({ text }));
      const [subject, others] = await Promise.all([
        embed(content, options),
        embedAll(prompts, options, 'labels'),
      ]);
      return classify(subject, labels, others);
    },
    tokenize: (text, { model, signal = new AbortController().signal } = {}) =>
      embedder.tokenize(text, model, { signal }),
    tokenEmbeddings: (text, { signal = new AbortController().signal, ...options } = {}) =>
      embedder.tokenEmbeddings(text, options, { signal }),
    models: () => embedder.models.list(),
    runtimes: () =>
      Promise.all(
        embedder.runtimes
          .list()
          .map(async (runtime) => ({ name: runtime.name, ...(await runtime.probeAndRest()) })),
      ),
    close: () => embedder.close(),
  };
}
