import { webcrypto } from 'node:crypto';
import type { Tokens } from '../core/text/index.js';
import type { Config } from '../config/index.js';
import {
  checkImageSize,
  decodeBase64,
  nameOf,
  readExample,
  readFileOf,
  sniffFormat,
  type PreparationPool,
  type UrlFetcher,
} from '../media/index.js';
import type { Turn } from '../isolation/fair-queue.js';
import type { Model } from '../models/index.js';
import type { PreparedContent } from '../runtime/batcher.js';
import { untilAborted } from './cancelling.js';
import type { ImageSource } from './content.js';
import { conventionOf, textConventionOf } from './conventions.js';
import type { ImageInfo } from './embedding.js';
import type { EmbedOptions, RequestScope } from './options.js';
import type { Tokenising } from './tokenising.js';

/** What a tower reads. */
export type TowerContent = { readonly text: string } | { readonly image: ImageSource };

/** A content that is read but not yet decoded: enough to know whether its embedding is known. */
export interface ReadContent {
  /** What determines the vector, of this content. */
  readonly identity: readonly unknown[];
  /** Of a text. */
  readonly tokens: Tokens | undefined;
  /** What its tower is given; a picture is decoded and resampled for it. */
  prepare(turn: Turn): Promise<{ readonly content: PreparedContent; readonly image: ImageInfo | undefined }>;
}

interface ReaderParts {
  readonly config: Config;
  readonly pool: PreparationPool;
  readonly urls: UrlFetcher;
  readonly tokenising: Tokenising;
}

/** Reads contents: a text's tokens, a picture's bytes. */
export class ContentReader {
  readonly #parts: ReaderParts;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
  }

  /**
   * @throws a content's own failure: TEXT_TOO_LONG, IMAGE_TOO_LARGE, UNSUPPORTED_IMAGE_FORMAT, …
   */
  read(
    content: TowerContent,
    model: Model,
    options: EmbedOptions,
    scope: RequestScope,
  ): Promise<ReadContent> {
    return 'text' in content
      ? this.#readText(content.text, model, options, scope)
      : this.#readImage(content.image, model, options, scope);
  }

  async #readText(
    text: string,
    model: Model,
    { truncate = false }: EmbedOptions,
    scope: RequestScope,
  ): Promise<ReadContent> {
    const tokens = await this.tokenize(text, model, truncate, scope);
    return {
      identity: ['text', tokens.ids],
      tokens,
      prepare: () => Promise.resolve({ content: { kind: 'text', ids: tokens.ids }, image: undefined }),
    };
  }

  /**
   * @throws MODALITY_NOT_SUPPORTED, TEXT_TOO_LONG, BAD_USER_INPUT
   */
  tokenize(text: string, model: Model, truncate: boolean, scope: RequestScope): Promise<Tokens> {
    const { config, tokenising } = this.#parts;
    const convention = textConventionOf(config, model);
    return tokenising.run(
      text,
      model,
      { convention, truncate, strict: config.preparation.strict },
      { signal: scope.signal, group: scope.group ?? scope.signal },
    );
  }

  async #readImage(
    source: ImageSource,
    model: Model,
    options: EmbedOptions,
    { signal }: RequestScope,
  ): Promise<ReadContent> {
    const { config, pool } = this.#parts;
    const bytes = await untilAborted(this.#readBytes(source, signal), signal);
    const format = sniffFormat(bytes);
    const { pillow, strict } = config.preparation;
    const convention = conventionOf(config, model);
    const plan = { ...model.pixelPlan, convention };
    const isOriented = options.isOriented ?? !strict;
    const digest = await webcrypto.subtle.digest('SHA-256', bytes); // off the main thread
    return {
      identity: ['image', Buffer.from(digest).toString('hex'), convention, pillow, strict, isOriented],
      tokens: undefined,
      prepare: async (turn) => {
        const maxPixels = config.limits.maxImagePixels;
        const task = { bytes, format, plan, pillow, strict, isOriented, maxPixels };
        const { crop, width, height } = await pool.prepare(task, turn);
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
    const { config, urls } = this.#parts;
    const { maxImageBytes } = config.limits;
    if ('base64' in source) return decodeBase64(source.base64, maxImageBytes);
    if ('url' in source) return urls.fetch(source.url, signal);
    if ('read' in source) return source.read(maxImageBytes);
    if ('path' in source) return readFileOf(source.path, maxImageBytes);
    if ('example' in source) return readExample(source.example);
    checkImageSize(source.bytes.length, maxImageBytes);
    // The caller may write into his own bytes while they wait to be decoded, after they were hashed.
    return Uint8Array.from(source.bytes);
  }
}
