import { createHash, webcrypto } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { norm, unit } from '../clip/similarity/index.js';
import type { Tokens } from '../clip/text/index.js';
import type { Config } from '../config/index.js';
import { ClipgraphError, isContentError } from '../errors/index.js';
import { decodeBase64, nameOf, readExample, sniffFormat, type PreparationPool } from '../media/index.js';
import type { Turn } from '../runtime/fair-queue.js';
import type { Model, ModelCatalog } from '../models/index.js';
import type { PreparedContent, RunAnswer } from '../runtime/batcher.js';
import type { RuntimeRegistry } from '../runtime/registry.js';
import type { Runtime } from '../runtime/runtime.js';
import { EmbeddingCache, type CachedVector } from './cache.js';
import { checkImageSize, checkTextSize, modalityOf, type Content, type ImageSource } from './content.js';
import { conventionOf, textConventionOf } from './conventions.js';
import type { Embedding, Timing } from './embedding.js';
import { SharedWork } from './shared-work.js';

export interface EmbedOptions {
  /** A model's id or alias; the configured default if absent. */
  readonly model?: string | undefined;
  /** The runtime that must do the work; the configured default if absent. */
  readonly runtime?: string | undefined;
  /** Scale the vector to unit length. Default true. */
  readonly normalize?: boolean | undefined;
  /** Cut texts that are longer than the context. Default false: refuse them. */
  readonly truncate?: boolean | undefined;
  /** Turn pictures as their EXIF orientation says. As configured if absent. */
  readonly isOriented?: boolean | undefined;
}

/** The request that work is done for. */
export interface RequestScope {
  /** Aborted when the client goes away or its time is over. */
  readonly signal: AbortSignal;
  /** Stands for the request: requests take turns, contents of one don't. The signal itself if absent. */
  readonly group?: object;
}

interface EmbedderParts {
  readonly config: Config;
  readonly models: ModelCatalog;
  readonly runtimes: RuntimeRegistry;
  readonly pool: PreparationPool;
}

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
const NO_TIME: Timing = { prepare: 0, queue: 0, inference: 0 };

/** Content in, embedding out: prepare, look up, batch, run, scale, remember. */
export class Embedder {
  readonly models: ModelCatalog;
  readonly runtimes: RuntimeRegistry;
  readonly #config: Config;
  readonly #pool: PreparationPool;
  readonly #cache: EmbeddingCache;
  readonly #running = new SharedWork<MadeVector>();
  #turnBeganAt = performance.now();

  constructor({ config, models, runtimes, pool }: EmbedderParts) {
    this.models = models;
    this.runtimes = runtimes;
    this.#config = config;
    this.#pool = pool;
    this.#cache = new EmbeddingCache(config.cache);
  }

  /**
   * One content's embedding.
   *
   * @throws any code of the table but the ones about comparing
   */
  async embed(content: Content, options: EmbedOptions, scope: RequestScope): Promise<Embedding> {
    const model = this.models.get(options.model);
    const runtime =
      options.runtime === undefined ? await this.runtimes.default() : this.runtimes.get(options.runtime);
    const from = performance.now();
    const read = await this.#read(content, model, options);
    const readMs = performance.now() - from;

    const { library, version } = await runtime.info();
    const made = [await model.checksum(), model.manifest.dtype, runtime.name, library, version];
    const key = hash([...read.identity, ...made]);
    const known = this.#cache.get(key);
    const vector = known ?? (await this.#make(key, read, model, runtime, modalityOf(content), scope));
    const timing = 'timing' in vector ? (vector as MadeVector).timing : NO_TIME;
    const isNormalized = options.normalize ?? true;
    return {
      id: hash([key, isNormalized]),
      modality: modalityOf(content),
      model,
      runtime,
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

  async close(): Promise<void> {
    await Promise.all([this.#pool.close(), this.runtimes.close()]);
  }

  async #make(
    key: string,
    read: ReadContent,
    model: Model,
    runtime: Runtime,
    modality: 'TEXT' | 'IMAGE',
    { signal, group = signal }: RequestScope,
  ): Promise<MadeVector> {
    const tower = await model.tower(modality === 'TEXT' ? 'text' : 'image');
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

  #read(content: Content, model: Model, options: EmbedOptions): Promise<ReadContent> {
    return 'text' in content
      ? this.#readText(content.text, model, options)
      : this.#readImage(content.image, model, options);
  }

  async #readText(text: string, model: Model, { truncate = false }: EmbedOptions): Promise<ReadContent> {
    checkTextSize(text, this.#config.limits.maxTextBytes);
    const tokenize = await model.tokenizer();
    if (performance.now() - this.#turnBeganAt > LONGEST_TURN_MS) {
      await nextTurn();
      this.#turnBeganAt = performance.now();
    }
    const convention = textConventionOf(this.#config, model);
    const tokens = tokenize(text, { convention, truncate, strict: this.#config.preparation.strict });
    return {
      identity: ['text', tokens.ids],
      tokens,
      prepare: () => Promise.resolve({ content: { kind: 'text', ids: tokens.ids }, image: undefined }),
    };
  }

  async #readImage(source: ImageSource, model: Model, options: EmbedOptions): Promise<ReadContent> {
    const { limits, preparation } = this.#config;
    const bytes = await readBytes(source, limits.maxImageBytes);
    const format = sniffFormat(bytes);
    const { pillow, strict } = preparation;
    const convention = conventionOf(this.#config, model);
    const isOriented = options.isOriented ?? !strict;
    const size = model.manifest.imageSize;
    const digest = await webcrypto.subtle.digest('SHA-256', bytes); // off the main thread
    return {
      identity: ['image', Buffer.from(digest).toString('hex'), convention, pillow, strict, isOriented],
      tokens: undefined,
      prepare: async (turn) => {
        const maxPixels = limits.maxImagePixels;
        const task = { bytes, format, size, convention, pillow, strict, isOriented, maxPixels };
        const { crop, width, height } = await this.#pool.prepare(task, turn);
        const image = { format: nameOf(format).toUpperCase(), width, height, bytes: bytes.length };
        return { content: { kind: 'image', crop, size, normalization: model.normalization }, image };
      },
    };
  }
}

/**
 * @throws IMAGE_TOO_LARGE, INVALID_BASE64, BAD_USER_INPUT for an unknown example
 */
async function readBytes(source: ImageSource, maxBytes: number): Promise<Uint8Array> {
  if ('base64' in source) return decodeBase64(source.base64, maxBytes);
  const bytes = 'example' in source ? await readExample(source.example) : source.bytes;
  checkImageSize(bytes.length, maxBytes);
  return bytes;
}

function hash(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
