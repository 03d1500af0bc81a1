import type { Tokens } from '../core/text/index.js';
import type { Config } from '../config/index.js';
import { nameOf, sniffFormat, type PreparationPool } from '../media/index.js';
import type { Turn } from '../isolation/fair-queue.js';
import type { Model } from '../models/index.js';
import type { PreparedContent } from '../runtime/batcher.js';
import type { ImageSource, Part } from './content.js';
import { conventionOf, textConventionOf } from './conventions.js';
import type { ImageInfo } from './embedding.js';
import { turnOf, type EmbedOptions, type RequestScope } from './options.js';
import type { HeldBytes, PictureBytes } from './picture-bytes.js';
import type { Tokenising } from './tokenising.js';

/** What a tower reads. */
export type TowerContent = Exclude<Part, { readonly vector: unknown }>;

/** A content that is read but not yet decoded: enough to know whether its embedding is known. */
export interface ReadContent {
  /** What determines the vector, of this content. */
  readonly identity: readonly unknown[];
  /** Of a text. */
  readonly tokens: Tokens | undefined;
  /** What its tower is given; a picture is decoded and resampled for it. */
  prepare(turn: Turn): Promise<{ readonly content: PreparedContent; readonly image: ImageInfo | undefined }>;
  /** Lets go of a picture's bytes; whoever read the content does so, whatever happens. */
  readonly release: () => void;
}

interface ReaderParts {
  readonly config: Config;
  readonly pool: PreparationPool;
  readonly pictures: PictureBytes;
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
    return content.text !== undefined
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
      release: () => undefined,
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
      turnOf(scope),
    );
  }

  async #readImage(
    source: ImageSource,
    model: Model,
    options: EmbedOptions,
    scope: RequestScope,
  ): Promise<ReadContent> {
    const held = await this.#parts.pictures.hold(source, scope);
    try {
      return await this.#identify(held, model, options);
    } catch (error) {
      held.release();
      throw error;
    }
  }

  async #identify(held: HeldBytes, model: Model, options: EmbedOptions): Promise<ReadContent> {
    const { config, pool } = this.#parts;
    const format = sniffFormat(held.bytes);
    const { pillow, strict } = config.preparation;
    const convention = conventionOf(config, model);
    const plan = { ...model.pixelPlan, convention };
    const isOriented = options.isOriented ?? !strict;
    const digest = await held.digest();
    return {
      identity: ['image', digest, convention, pillow, strict, isOriented],
      tokens: undefined,
      release: held.release,
      prepare: async (turn) => {
        const maxPixels = config.limits.maxImagePixels;
        const { bytes } = held;
        const task = { bytes, format, plan, pillow, strict, isOriented, maxPixels };
        const letGo = held.retain(); // Others may wait for it when the one who began has left.
        const signal = AbortSignal.any([turn.signal, held.signal]);
        const { crop, width, height } = await pool.prepare(task, { ...turn, signal }).finally(letGo);
        held.release();
        const image = { format: nameOf(format).toUpperCase(), width, height, bytes: bytes.length };
        const { rescaleFactor, mean, std } = plan;
        const normalization = { rescaleFactor, mean, std };
        return { content: { kind: 'image', crop, size: plan.crop.width, normalization }, image };
      },
    };
  }
}
