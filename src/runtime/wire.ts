import type { Normalization } from '../core/image/index.js';
import type { Isolation, TextBatch, TowerSource } from './contract.js';

/** Pictures as they cross to the worker: 8-bit crops, a quarter of the bytes of the float tensor they become there. */
export interface CropBatch {
  readonly kind: 'image';
  /** `size` crops of `imageSize × imageSize` RGB pixels. */
  readonly crops: Uint8Array;
  readonly size: number;
  readonly imageSize: number;
  readonly normalization: Normalization;
}

export type WireBatch = TextBatch | CropBatch;

export interface StartParams {
  /** The plugin's module. */
  readonly module: string;
  readonly options: Record<string, unknown>;
  /** Bytes of weights that the worker may hold. */
  readonly maxTowerBytes: number | undefined;
}

/** What a plugin is, once its module is loaded. */
export interface StartResult {
  readonly name: string;
  readonly isolation: Isolation;
}

export interface RunParams {
  readonly source: TowerSource;
  readonly batch: WireBatch;
}

/** `vectors` is `[size, dimensions]`, or `[size, length, width]` where one for each token was asked for. */
export interface RunResult {
  readonly vectors: Float32Array;
  readonly milliseconds: number;
  /** The keys of the towers that the worker holds now. */
  readonly held: readonly string[];
}
