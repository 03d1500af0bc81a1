import { norm, unit } from '../core/similarity/index.js';
import type { Tokens } from '../core/text/index.js';
import type { Config } from '../config/index.js';
import { ClipgraphError } from '../errors/index.js';
import { EXAMPLES, type ByteBudget, type PreparationPool, type UrlFetcher } from '../media/index.js';
import { spaceOf, type Model, type ModelCatalog, type VectorSpace } from '../models/index.js';
import type { RuntimeRegistry } from '../runtime/registry.js';
import type { Runtime } from '../runtime/runtime.js';
import { embedBlend } from './blend.js';
import { EmbeddingCache, type CacheUsage, type CachedVector } from './cache.js';
import { checkContent } from './check-content.js';
import type { Content, ImageSource } from './content.js';
import { NO_TIME, type Embedding, type ImageInfo, type Timing, type TokenEmbeddings } from './embedding.js';
import { embedGiven } from './given-vector.js';
import { hash } from './identity.js';
import { OperationRoom } from './operation-room.js';
import { turnOf, type EmbedOptions, type RequestScope } from './options.js';
import { PictureBytes, type HeldBytes } from './picture-bytes.js';
import { ContentReader, type ReadContent, type TowerContent } from './read-content.js';
import { SharedWork } from './shared-work.js';
import { StreamRoom } from './stream-room.js';
import { statesWithJson, withJson } from './to-json.js';
import { makeThumbnail } from './thumbnail.js';
import { Tokenising } from './tokenising.js';

interface EmbedderParts {
  readonly config: Config;
  readonly models: ModelCatalog;
  readonly runtimes: RuntimeRegistry;
  readonly pool: PreparationPool;
  readonly urls: UrlFetcher;
  readonly budget: ByteBudget;
}

/** One vector of a content, or one for each of its tokens. */
type Output = 'pooled' | 'states';

/** A content, what makes a vector of it, and the vector where it is known. */
interface LookedUp {
  readonly read: ReadContent;
  readonly model: Model;
  readonly runtime: Runtime;
  readonly space: VectorSpace;
  readonly key: string;
  readonly known: CachedVector | undefined;
  readonly readMs: number;
}

/** What a tower makes of a content, just now or earlier. */
interface Made {
  readonly entry: CachedVector;
  readonly isCached: boolean;
  readonly timing: Timing;
}

/** Content in, embedding out: look up, make, assemble. What it hands out is the caller's own. */
export class Embedder {
  readonly models: ModelCatalog;
  readonly runtimes: RuntimeRegistry;
  /** The bytes that contents and requests hold. */
  readonly budget: ByteBudget;
  /** Where operations of many contents wait before they begin. */
  readonly operationRoom: OperationRoom;
  /** What streams may have under way. */
  readonly streamRoom: StreamRoom;
  readonly #config: Config;
  readonly #pool: PreparationPool;
  readonly #urls: UrlFetcher;
  readonly #cache: EmbeddingCache;
  readonly #pictures: PictureBytes;
  readonly #reader: ContentReader;
  readonly #running = new SharedWork<Omit<Made, 'isCached'>>();

  constructor({ config, models, runtimes, pool, urls, budget }: EmbedderParts) {
    this.models = models;
    this.runtimes = runtimes;
    this.budget = budget;
    this.operationRoom = new OperationRoom(config.limits.maxQueue);
    this.streamRoom = new StreamRoom(config.limits.maxQueue);
    this.#config = config;
    this.#pool = pool;
    this.#urls = urls;
    this.#cache = new EmbeddingCache(config.cache);
    const tokenising = new Tokenising(config.limits.maxTextBytes);
    this.#pictures = new PictureBytes({ limits: config.limits, urls, budget });
    this.#reader = new ContentReader({ config, pool, pictures: this.#pictures, tokenising });
  }

  /**
   * One content's embedding.
   *
   * @throws any code of the table but the ones about comparing
   */
  async embed(content: Content, options: EmbedOptions, scope: RequestScope): Promise<Embedding> {
    return withJson(await this.#embed(content, options, scope));
  }

  async #embed(content: Content, options: EmbedOptions, scope: RequestScope): Promise<Embedding> {
    checkContent(content);
    if (content.vector !== undefined) {
      const model = this.models.get(options.model);
      // Nothing runs, but a runtime that does not exist is refused all the same.
      if (options.runtime !== undefined) this.runtimes.get(options.runtime);
      return embedGiven(content.vector, model, options);
    }
    if (content.blend !== undefined) return embedBlend(this.embed.bind(this), content.blend, options, scope);
    return this.#embedByTower(content, options, scope);
  }

  /**
   * @throws TOO_MANY_INPUTS for more contents than one list of a request may hold
   */
  checkCount(count: number): void {
    const { maxInputs } = this.#config.limits;
    if (count <= maxInputs) return;
    const message = `The list holds ${count} contents; the limit is ${maxInputs} (limits.maxInputs).`;
    throw new ClipgraphError('TOO_MANY_INPUTS', message);
  }

  /**
   * The bytes of a picture, which whoever embeds it in the same scope meanwhile need not read again.
   *
   * @throws IMAGE_TOO_LARGE, INVALID_BASE64, URL_NOT_ALLOWED, FETCH_FAILED, BAD_USER_INPUT, OVERLOADED
   */
  hold(source: ImageSource, scope: RequestScope): Promise<HeldBytes> {
    return this.#pictures.hold(source, scope);
  }

  /** A small picture of one whose bytes are held. */
  thumbnail(
    picture: { held: HeldBytes; image: ImageInfo; options: EmbedOptions },
    scope: RequestScope,
  ): Promise<Uint8Array> {
    return makeThumbnail(this.#pool, this.#config, picture, scope);
  }

  /**
   * Where the embeddings lie that are made with these options.
   *
   * @throws MODEL_NOT_FOUND, RUNTIME_NOT_FOUND, RUNTIME_UNAVAILABLE
   */
  async space({ model, runtime: name }: EmbedOptions): Promise<VectorSpace> {
    const runtime = await this.#runtime(name);
    return spaceOf(this.models.get(model), (await runtime.info()).precision);
  }

  #runtime(name: string | undefined): Promise<Runtime> {
    return name === undefined ? this.runtimes.default() : Promise.resolve(this.runtimes.get(name));
  }

  /** The limits that contents are held to. */
  get limits(): Config['limits'] {
    return this.#config.limits;
  }

  /** The pictures that wait to be prepared, and the processes that prepare them. */
  get preparation(): { readonly waiting: number; readonly pids: readonly number[] } {
    return this.#pool;
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
  async tokenize(text: string, model: string | undefined, scope: RequestScope): Promise<Tokens> {
    return this.#reader.tokenize(text, this.models.get(model), true, scope);
  }

  /**
   * The states of a text's tokens after the last layer and its norm, those of the padding too, as Stable Diffusion takes
   * them. They are not scaled.
   *
   * @throws MODALITY_NOT_SUPPORTED for a model that gives none; what embedding the text throws
   */
  async tokenEmbeddings(text: string, options: EmbedOptions, scope: RequestScope): Promise<TokenEmbeddings> {
    const found = await this.#lookUp({ text }, 'states', options, scope);
    const { entry, isCached, timing } = await this.#make(found, 'text', 'states', scope);
    const { model, runtime, key, read, readMs } = found;
    const { contextLength } = model.manifest;
    return statesWithJson({
      id: key,
      text,
      model,
      runtime,
      tokens: read.tokens,
      states: entry.vector.slice(),
      shape: [contextLength, entry.vector.length / contextLength],
      isCached,
      timing: { ...timing, prepare: timing.prepare + readMs },
    });
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

  async #embedByTower(content: TowerContent, options: EmbedOptions, scope: RequestScope): Promise<Embedding> {
    const kind = content.text === undefined ? 'image' : 'text';
    const found = await this.#lookUp(content, 'pooled', options, scope);
    const { entry, isCached, timing } = await this.#make(found, kind, 'pooled', scope).finally(
      found.read.release,
    );
    const { model, runtime, space, key, read, readMs } = found;
    const isNormalized = options.normalize ?? true;
    return {
      id: isNormalized ? key : hash([key, isNormalized]),
      modality: kind === 'text' ? 'TEXT' : 'IMAGE',
      model,
      space,
      runtime,
      options,
      text: content.text,
      vector: isNormalized ? unit(entry.vector) : entry.vector.slice(),
      norm: entry.norm,
      isNormalized,
      tokens: read.tokens,
      image: entry.image && { ...entry.image },
      isCached,
      timing: { ...timing, prepare: timing.prepare + readMs },
    };
  }

  /** Reads a content, and looks whether what a tower makes of it is known. */
  async #lookUp(
    content: TowerContent,
    output: Output,
    options: EmbedOptions,
    scope: RequestScope,
  ): Promise<LookedUp> {
    const model = this.models.get(options.model);
    const runtime = await this.#runtime(options.runtime);
    const from = performance.now();
    const read = await this.#reader.read(content, model, options, scope);
    const readMs = performance.now() - from;
    try {
      const { library, version, precision, maxBatch } = await runtime.info();
      this.streamRoom.widenFor(maxBatch);
      const space = await spaceOf(model, precision);
      const key = hash([
        ...read.identity,
        space.checksum,
        space.dtype,
        output,
        runtime.name,
        library,
        version,
      ]);
      return { read, model, runtime, space, key, known: this.#cache.get(key), readMs };
    } catch (error) {
      read.release();
      throw error;
    }
  }

  /** Takes what is known, joins what is under way, or runs the tower. */
  async #make(
    { read, model, runtime, key, known }: LookedUp,
    kind: 'text' | 'image',
    output: Output,
    scope: RequestScope,
  ): Promise<Made> {
    if (known !== undefined) return { entry: known, isCached: true, timing: NO_TIME };
    const tower = await model.tower(kind, output, (await runtime.info()).graphs);
    const made = await this.#running.join(key, turnOf(scope), async (turn) => {
      const from = performance.now();
      const { content, image } = await read.prepare(turn);
      const prepare = performance.now() - from;
      const { vector, queueMs, inferenceMs } = await runtime.run(tower, content, turn);
      const entry = { vector, norm: norm(vector), image };
      this.#cache.set(key, entry);
      return { entry, timing: { prepare, queue: queueMs, inference: inferenceMs } };
    });
    return { ...made, isCached: false };
  }
}
