import type { Tokens } from '../core/text/index.js';
import type { Model, VectorSpace } from '../models/index.js';
import type { Runtime } from '../runtime/runtime.js';
import type { Modality } from './content.js';
import type { EmbedOptions } from './options.js';

/** What was decoded from a picture. */
export interface ImageInfo {
  readonly format: string;
  /** Pixels, after the EXIF orientation if it was applied. */
  readonly width: number;
  readonly height: number;
  /** Of the file. */
  readonly bytes: number;
}

/** Milliseconds. */
export interface Timing {
  /** Reading, decoding, resampling or tokenising. */
  readonly prepare: number;
  /** Waiting for a batch. */
  readonly queue: number;
  /** The run of the whole batch. */
  readonly inference: number;
}

/** Of what was there already. */
export const NO_TIME: Timing = { prepare: 0, queue: 0, inference: 0 };

/** The space of an embedding. */
export interface EmbeddingSpace extends VectorSpace {
  /** Of a vector that was given without a dtype: it is taken to be of the precision that it is compared with. */
  readonly isAssumed?: boolean | undefined;
}

/** A content's vector and what made it. */
export interface Embedding {
  /** SHA-256 over everything that determines the vector. */
  readonly id: string;
  readonly modality: Modality;
  readonly model: Model;
  /** What it can be compared with: other embeddings of the same space. */
  readonly space: EmbeddingSpace;
  /** What did the work; undefined where nothing ran, for vectors that were given. */
  readonly runtime: Runtime | undefined;
  /** How it was asked for. */
  readonly options: EmbedOptions;
  /** As given, for texts. */
  readonly text: string | undefined;
  /** `[dimensions]`, scaled to unit length unless that was declined. */
  readonly vector: Float32Array;
  /** The L2 norm before any scaling. */
  readonly norm: number;
  readonly isNormalized: boolean;
  readonly tokens: Tokens | undefined;
  readonly image: ImageInfo | undefined;
  readonly isCached: boolean;
  /** Undefined for a vector that was given; of a blend, the slowest part's. */
  readonly timing: Timing | undefined;
}

/** One vector for each place of a text's context. */
export interface TokenEmbeddings {
  /** SHA-256 over everything that determines the states. */
  readonly id: string;
  readonly text: string;
  readonly model: Model;
  readonly runtime: Runtime;
  /** The text's own; the places after them hold padding. */
  readonly tokens: Tokens | undefined;
  /** `[contextLength, width]`: [77, 768] for CLIP ViT-L/14. */
  readonly shape: readonly [number, number];
  /** Row by row, not scaled. */
  readonly states: Float32Array;
  readonly isCached: boolean;
  readonly timing: Timing;
}
