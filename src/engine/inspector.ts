import { createHash } from 'node:crypto';
import { withSize, type Convention, type PillowVersion, type PixelPlan } from '../core/image/index.js';
import type { TextConvention, Tokens } from '../core/text/index.js';
import type { Config } from '../config/index.js';
import { checkImageSize, nameOf, sniffFormat, type PreparationPool } from '../media/index.js';
import type { ModelCatalog } from '../models/index.js';
import { conventionOf, textConventionOf } from './conventions.js';
import { turnOf } from './options.js';
import { Tokenising } from './tokenising.js';

/** How a picture is prepared; what is absent is as configured. */
export interface ImageInspectionOptions {
  readonly size?: number | undefined;
  readonly convention?: Convention | undefined;
  readonly pillow?: PillowVersion | undefined;
  readonly strict?: boolean | undefined;
  /** As configured if absent: applied, unless `strict`. */
  readonly isOriented?: boolean | undefined;
}

/** What preparation makes of a picture. */
export interface ImageInspection {
  readonly format: string;
  /** What the picture holds, in words. */
  readonly contents: string;
  /** Pixels of the picture, after its EXIF orientation if that was applied. */
  readonly width: number;
  readonly height: number;
  /** How it was prepared. */
  readonly plan: PixelPlan;
  readonly resized: readonly [width: number, height: number];
  readonly offset: readonly [left: number, top: number];
  /** RGB pixels of the size of the plan's crop, and SHA-256 over them. */
  readonly crop: Uint8Array;
  readonly sha256: string;
}

export interface TextInspectionOptions {
  readonly convention?: TextConvention | undefined;
  readonly truncate?: boolean | undefined;
  readonly strict?: boolean | undefined;
}

interface InspectorParts {
  readonly config: Config;
  readonly models: ModelCatalog;
  readonly pool: PreparationPool;
}

/** Shows what a model would be given, without running it. */
export class Inspector {
  readonly #parts: InspectorParts;
  readonly #tokenising: Tokenising;

  constructor(parts: InspectorParts) {
    this.#parts = parts;
    this.#tokenising = new Tokenising(parts.config.limits.maxTextBytes);
  }

  /** The convention that is configured, or else the default model's. */
  get convention(): Convention {
    const { config, models } = this.#parts;
    return conventionOf(config, models.default);
  }

  /**
   * @throws UNSUPPORTED_IMAGE_FORMAT, UNDECODABLE_IMAGE, IMAGE_TOO_LARGE
   */
  async image(
    bytes: Uint8Array,
    options: ImageInspectionOptions,
    signal: AbortSignal,
  ): Promise<ImageInspection> {
    const { config, models, pool } = this.#parts;
    const { preparation, limits } = config;
    checkImageSize(bytes.length, limits.maxImageBytes);
    const format = sniffFormat(bytes);
    const strict = options.strict ?? preparation.strict;
    const { pixelPlan } = models.default;
    const sized = options.size === undefined ? pixelPlan : withSize(pixelPlan, options.size);
    const plan = { ...sized, convention: options.convention ?? this.convention };
    const task = {
      bytes,
      format,
      plan,
      pillow: options.pillow ?? preparation.pillow,
      strict,
      isOriented: options.isOriented ?? !strict,
      maxPixels: limits.maxImagePixels,
    };
    const prepared = await pool.prepare(task, turnOf({ signal }));
    const sha256 = createHash('sha256').update(prepared.crop).digest('hex');
    return { format: nameOf(format), ...prepared, plan, sha256 };
  }

  /**
   * @throws TEXT_TOO_LONG, BAD_USER_INPUT
   */
  text(text: string, options: TextInspectionOptions, signal: AbortSignal): Promise<Tokens> {
    const { config, models } = this.#parts;
    const chosen = {
      convention: options.convention ?? textConventionOf(config, models.default),
      truncate: options.truncate ?? false,
      strict: options.strict ?? config.preparation.strict,
    };
    return this.#tokenising.run(text, models.default, chosen, turnOf({ signal }));
  }

  close(): Promise<void> {
    return this.#parts.pool.close();
  }
}
