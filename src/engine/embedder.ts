import { createHash, webcrypto } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { blend, norm, unit } from '../core/similarity/index.js';
import type { Tokens } from '../core/text/index.js';
import type { Config } from '../config/index.js';
import { ClipgraphError, isContentError } from '../errors/index.js';
import {
  checkImageSize,
  decodeBase64,
  EXAMPLES,
  nameOf,
  readExample,
  readFileOf,
  sniffFormat,
  type ByteBudget,
  type PreparationPool,
  type UrlFetcher,
} from '../media/index.js';
import type { Turn } from '../isolation/fair-queue.js';
import { spaceOf, type Model, type ModelCatalog } from '../models/index.js';
import type { PreparedContent, RunAnswer } from '../runtime/batcher.js';
import type { RuntimeRegistry } from '../runtime/registry.js';
import type { TowerSource } from '../runtime/index.js';
import type { Runtime } from '../runtime/runtime.js';
import { EmbeddingCache, type CacheUsage, type CachedVector } from './cache.js';
import {
  checkTextSize,
  type Content,
  type GivenVector,
  type ImageSource,
  type WeightedPart,
} from './content.js';
import { conventionOf, textConventionOf } from './conventions.js';
import type { Embedding, Timing, TokenEmbeddings } from './embedding.js';
import { pack, readGivenVector } from './given-vector.js';
import type { EmbedOptions, RequestScope } from './options.js';
import { SharedWork } from './shared-work.js';
import { checkSameSpace, spaceOfGiven } from './space.js';

interface EmbedderParts {
  readonly config: Config;
  readonly models: ModelCatalog;
  readonly runtimes: RuntimeRegistry;
  readonly pool: PreparationPool;
  readonly urls: UrlFetcher;
  readonly budget: ByteBudget;
}

/** What a tower reads. */
type TowerContent = { readonly text: string } | { readonly image: ImageSource };

/** A content that is read but not yet decoded: enough to know whether its embedding is known. */
interface ReadContent {
  /** What determines the vector, of this content. */
  readonly identity: readonly unknown[];
  readonly tokens: Tokens | undefined;
  prepare(turn: Turn): Promise<{ content: PreparedContent; image: CachedVector['image'] }>;
}

interface MadeVector extends CachedVector {
  readonly timing: Timing;
}

/** Milliseconds of tokenising after which the event loop gets a turn. */
const LONGEST_TURN_MS = 5;
/** A sum of as many float32 vectors as one may send stays finite in float32. */
const LARGEST_WEIGHT = 1e30;
const NO_TIME: Timing = { prepare: 0, queue: 0, inference: 0 };

/** Content in, embedding out: prepare, look up, batch, run, scale, remember. */
export class Embedder {
  readonly models: ModelCatalog;
  readonly runtimes: RuntimeRegistry;
  /** The bytes that contents and requests hold. */
  readonly budget: ByteBudget;
  readonly #config: Config;
  readonly #pool: PreparationPool;
  readonly #urls: UrlFetcher;
  readonly #cache: EmbeddingCache;
  readonly #running = new SharedWork<MadeVector>();
  #turnBeganAt = performance.now();

  constructor({ config, models, runtimes, pool, urls, budget }: EmbedderParts) {
    this.models = models;
    this.runtimes = runtimes;
    this.budget = budget;
    this.#config = config;
    this.#pool = pool;
    this.#urls = urls;
    this.#cache = new EmbeddingCache(config.cache);
  }

  /**
   * One content's embedding.
   *
   * @throws any code of the table but the ones about comparing
   */
  embed(content: Content, options: EmbedOptions, scope: RequestScope): Promise<Embedding> {
    if ('vector' in content) return this.#takeVector(content.vector, options);
    if ('blend' in content) return this.#blend(content.blend, options, scope);
    return this.#embedByTower(content, options, scope);
  }

  /**
   * Many contents, in their order. A content's own failure stands in its place.
   *
   * @throws a failure that concerns the whole request; the contents that have not started are then left
   */
  async embedEach(
    contents: readonly Content[],
    options: EmbedOptions,
    scope: RequestScope,
  ): Promise<(Embedding | ClipgraphError)[]> {
    const { maxInputs } = this.#config.limits;
    if (contents.length > maxInputs) {
      const message = `The list holds ${contents.length} contents; the limit is ${maxInputs} (limits.maxInputs).`;
      throw new ClipgraphError('TOO_MANY_INPUTS', message);
    }
    const failed = new AbortController();
    const signal = AbortSignal.any([scope.signal, failed.signal]);
    setMaxListeners(0, signal); // One for each content that waits.
    try {
      return await Promise.all(
        contents.map(async (content) => {
          try {
            return await this.embed(content, options, { signal, group: scope.group ?? scope.signal });
          } catch (error) {
            if (isContentError(error)) return error;
            throw error;
          }
        }),
      );
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  }

  /** The limits that contents are held to. */
  get limits(): Config['limits'] {
    return this.#config.limits;
  }

  get cacheUsage(): CacheUsage {
    return this.#cache.usage;
  }

  async close(): Promise<void> {
    this.#urls.close();
    await Promise.all([this.#pool.close(), this.runtimes.close()]);
  }

  /**
   * How a text is cut into tokens, without running the model; cut at the context's length.
   *
   * @throws MODEL_NOT_FOUND, MODALITY_NOT_SUPPORTED, TEXT_TOO_LONG
   */
  async tokenize(text: string, model?: string): Promise<Tokens> {
    return this.#tokenize(text, this.models.get(model), true);
  }

  /**
   * The states of a text's tokens after the last layer and its norm, those of the padding too, as Stable Diffusion takes
   * them. They are not scaled.
   *
   * @throws MODALITY_NOT_SUPPORTED for a model that gives none; what embedding the text throws
   */
  async tokenEmbeddings(text: string, options: EmbedOptions, scope: RequestScope): Promise<TokenEmbeddings> {
    const model = this.models.get(options.model);
    const { read, runtime, key, known, readMs } = await this.#lookUp(
      { text },
      model,
      'states',
      options,
      scope,
    );
    const made = known ?? (await this.#make(key, read, await model.tower('text', 'states'), runtime, scope));
    const { contextLength } = model.manifest;
    const timing = 'timing' in made ? (made as MadeVector).timing : NO_TIME;
    return {
      ...{ id: key, text, model, runtime, tokens: read.tokens, states: made.vector },
      shape: [contextLength, made.vector.length / contextLength],
      isCached: known !== undefined,
      timing: { ...timing, prepare: timing.prepare + readMs },
    };
  }

  /** Whether a runtime holds a part of the model in memory. */
  async isLoaded(model: Model): Promise<boolean> {
    const checksum = await model.checksum();
    return this.runtimes.list().some((runtime) => runtime.holds(checksum));
  }

  /** Loads what every model has, by running it once. */
  async preload(): Promise<void> {
    const scope = { signal: AbortSignal.timeout(this.#config.limits.timeoutMs * this.models.list().length) };
    for (const model of this.models.list()) {
      const { text, image } = model.manifest.towers;
      const options = { model: model.id };
      if (text !== undefined) await this.embed({ text: 'a' }, options, scope);
      if (image !== undefined) await this.embed({ image: { example: EXAMPLES[0].name } }, options, scope);
    }
  }

  /** A vector that was made earlier: nothing runs, but a runtime that does not exist is refused all the same. */
  async #takeVector(given: GivenVector, options: EmbedOptions): Promise<Embedding> {
    const model = this.models.get(options.model);
    if (options.runtime !== undefined) this.runtimes.get(options.runtime);
    const space = await spaceOfGiven(given, model);
    const values = readGivenVector(given, model);
    const direction = unit(values);
    const isNormalized = options.normalize ?? true;
    return {
      id: hash(['vector', pack(values), space.checksum, space.dtype, isNormalized]),
      modality: 'VECTOR',
      model,
      space,
      runtime: undefined,
      options,
      text: undefined,
      vector: isNormalized ? direction : values,
      norm: norm(values),
      isNormalized,
      tokens: undefined,
      image: undefined,
      isCached: false,
      timing: undefined,
    };
  }

  async #blend(
    parts: readonly WeightedPart[],
    options: EmbedOptions,
    scope: RequestScope,
  ): Promise<Embedding> {
    if (parts.length === 0) {
      throw new ClipgraphError('BAD_USER_INPUT', 'The blend is empty: give it at least one part.');
    }
    const weights = parts.map(({ weight = 1 }) => weight);
    const wrong = weights.find((weight) => !(Math.abs(weight) <= LARGEST_WEIGHT));
    if (wrong !== undefined) {
      const message = `Expected a weight between -1e30 and 1e30 but received ${wrong}.`;
      throw new ClipgraphError('BAD_USER_INPUT', message);
    }
    const group = scope.group ?? scope.signal;
    const embeddings = await Promise.all(
      parts.map(({ content }) =>
        this.embed(content, { ...options, normalize: true }, { signal: scope.signal, group }),
      ),
    );
    checkSameSpace(embeddings);
    const { space } = embeddings.find((part) => part.space.isAssumed !== true) ?? embeddings[0];
    const vectors = embeddings.map(({ vector }) => vector);
    const { sum, norm: length } = blend(vectors, weights);
    const isNormalized = options.normalize ?? true;
    const worked = embeddings.filter(({ runtime }) => runtime !== undefined);
    return {
      id: hash(['blend', embeddings.map(({ id }) => id), weights, isNormalized]),
      modality: 'BLEND',
      model: embeddings[0].model,
      space,
      runtime: worked.at(0)?.runtime,
      options,
      text: undefined,
      vector: isNormalized ? unit(sum) : Float32Array.from(sum),
      norm: length,
      isNormalized,
      tokens: undefined,
      image: undefined,
      isCached: worked.length > 0 && worked.every(({ isCached }) => isCached),
      timing: slowest(worked.map(({ timing }) => timing ?? NO_TIME)),
    };
  }

  async #embedByTower(content: TowerContent, options: EmbedOptions, scope: RequestScope): Promise<Embedding> {
    const model = this.models.get(options.model);
    const { read, runtime, space, key, known, readMs } = await this.#lookUp(
      content,
      model,
      'pooled',
      options,
      scope,
    );
    const kind = 'text' in content ? 'text' : 'image';
    const vector = known ?? (await this.#make(key, read, await model.tower(kind), runtime, scope));
    const timing = 'timing' in vector ? (vector as MadeVector).timing : NO_TIME;
    const isNormalized = options.normalize ?? true;
    return {
      id: hash([key, isNormalized]),
      modality: kind === 'text' ? 'TEXT' : 'IMAGE',
      model,
      space,
      runtime,
      options,
      text: 'text' in content ? content.text : undefined,
      vector: isNormalized ? unit(vector.vector) : vector.vector,
      norm: vector.norm,
      isNormalized,
      tokens: read.tokens,
      image: vector.image,
      isCached: known !== undefined,
      timing: { ...timing, prepare: timing.prepare + readMs },
    };
  }

  /** Reads a content, and looks whether what a tower makes of it is known. */
  async #lookUp(
    content: TowerContent,
    model: Model,
    output: 'pooled' | 'states',
    options: EmbedOptions,
    { signal }: RequestScope,
  ) {
    const runtime =
      options.runtime === undefined ? await this.runtimes.default() : this.runtimes.get(options.runtime);
    const from = performance.now();
    const read = await this.#read(content, model, options, signal);
    const readMs = performance.now() - from;
    const { library, version, precision } = await runtime.info();
    const space = await spaceOf(model, precision);
    const key = hash([...read.identity, space.checksum, space.dtype, output, runtime.name, library, version]);
    return { read, runtime, space, key, known: this.#cache.get(key), readMs };
  }

  async #make(
    key: string,
    read: ReadContent,
    tower: TowerSource,
    runtime: Runtime,
    { signal, group = signal }: RequestScope,
  ): Promise<MadeVector> {
    return this.#running.join(key, signal, async (shared) => {
      const from = performance.now();
      const { content, image } = await read.prepare({ signal: shared, group });
      const prepare = performance.now() - from;
      const answer: RunAnswer = await runtime.run(tower, content, { group, signal: shared });
      const entry = { vector: answer.vector, norm: norm(answer.vector), image };
      this.#cache.set(key, entry);
      return { ...entry, timing: { prepare, queue: answer.queueMs, inference: answer.inferenceMs } };
    });
  }

  #read(
    content: TowerContent,
    model: Model,
    options: EmbedOptions,
    signal: AbortSignal,
  ): Promise<ReadContent> {
    return 'text' in content
      ? this.#readText(content.text, model, options)
      : this.#readImage(content.image, model, options, signal);
  }

  async #readText(text: string, model: Model, { truncate = false }: EmbedOptions): Promise<ReadContent> {
    const tokens = await this.#tokenize(text, model, truncate);
    return {
      identity: ['text', tokens.ids],
      tokens,
      prepare: () => Promise.resolve({ content: { kind: 'text', ids: tokens.ids }, image: undefined }),
    };
  }

  async #tokenize(text: string, model: Model, truncate: boolean): Promise<Tokens> {
    checkTextSize(text, this.#config.limits.maxTextBytes);
    const tokenize = await model.tokenizer();
    if (performance.now() - this.#turnBeganAt > LONGEST_TURN_MS) {
      await nextTurn();
      this.#turnBeganAt = performance.now();
    }
    const convention = textConventionOf(this.#config, model);
    return tokenize(text, { convention, truncate, strict: this.#config.preparation.strict });
  }

  async #readImage(
    source: ImageSource,
    model: Model,
    options: EmbedOptions,
    signal: AbortSignal,
  ): Promise<ReadContent> {
    const { limits, preparation } = this.#config;
    const bytes = await this.#readBytes(source, signal);
    const format = sniffFormat(bytes);
    const { pillow, strict } = preparation;
    const convention = conventionOf(this.#config, model);
    const plan = { ...model.pixelPlan, convention };
    const isOriented = options.isOriented ?? !strict;
    const digest = await webcrypto.subtle.digest('SHA-256', bytes); // off the main thread
    return {
      identity: ['image', Buffer.from(digest).toString('hex'), convention, pillow, strict, isOriented],
      tokens: undefined,
      prepare: async (turn) => {
        const maxPixels = limits.maxImagePixels;
        const task = { bytes, format, plan, pillow, strict, isOriented, maxPixels };
        const { crop, width, height } = await this.#pool.prepare(task, turn);
        const image = { format: nameOf(format).toUpperCase(), width, height, bytes: bytes.length };
        const { rescaleFactor, mean, std } = plan;
        const normalization = { rescaleFactor, mean, std };
        return { content: { kind: 'image', crop, size: plan.crop.width, normalization }, image };
      },
    };
  }

  /**
   * @throws IMAGE_TOO_LARGE, INVALID_BASE64, URL_NOT_ALLOWED, FETCH_FAILED, BAD_USER_INPUT
   */
  async #readBytes(source: ImageSource, signal: AbortSignal): Promise<Uint8Array> {
    const { maxImageBytes } = this.#config.limits;
    if ('base64' in source) return decodeBase64(source.base64, maxImageBytes);
    if ('url' in source) return this.#urls.fetch(source.url, signal);
    if ('read' in source) return source.read(maxImageBytes);
    if ('path' in source) return readFileOf(source.path, maxImageBytes);
    const bytes = 'example' in source ? await readExample(source.example) : source.bytes;
    checkImageSize(bytes.length, maxImageBytes);
    return bytes;
  }
}

/** The parts are made side by side: the blend is there when the last one is. */
function slowest(timings: readonly Timing[]): Timing | undefined {
  return [...timings]
    .sort((a, b) => a.prepare + a.queue + a.inference - (b.prepare + b.queue + b.inference))
    .at(-1);
}

function hash(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
