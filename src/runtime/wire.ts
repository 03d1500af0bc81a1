import type { Normalization } from '../core/image/index.js';
import type { PluginModule } from '../plugins/loader.js';
import type { Isolation, TextBatch, TowerSource } from './contract.js';

/** Pictures as they cross to the worker: 8-bit crops, a quarter of the bytes of a float tensor. */
export interface CropBatch {
  readonly kind: 'image';
  /** `size` crops of `imageSize × imageSize` RGB pixels, in parts of any length: they travel beside the message. */
  readonly crops: readonly Uint8Array[];
  readonly size: number;
  readonly imageSize: number;
  readonly normalization: Normalization;
}

export type WireBatch = TextBatch | CropBatch;

export interface StartParams {
  readonly module: PluginModule;
  /** What the module must declare. */
  readonly name: string;
  /** As it is configured; else where the plugin asks to run. */
  readonly isolation: Isolation | undefined;
  /** Where this worker is. */
  readonly place: Isolation;
  readonly options: Readonly<Record<string, unknown>>;
  /** Bytes of weights that the worker may hold. */
  readonly maxTowerBytes: number | undefined;
}

export interface StartResult {
  /** Where the plugin is to run. */
  readonly isolation: Isolation;
  /** False where that is not here: nothing of it was made then. */
  readonly isStarted: boolean;
  readonly needsGraph: boolean;
}

export interface RunParams {
  readonly source: TowerSource;
  readonly batch: WireBatch;
  /** Batches that the plugin takes at a time; those that came ahead wait in the worker. No limit if absent. */
  readonly atOnce?: number | undefined;
}

/** The message of it. The crops are its payload. */
export interface RunMessage extends Omit<RunParams, 'batch'> {
  readonly batch: TextBatch | Omit<CropBatch, 'crops'>;
}

/** `vectors` is `[size, dimensions]`, or `[size, length, width]` where one for each token was asked for. */
export interface RunResult {
  readonly vectors: Float32Array;
  readonly milliseconds: number;
  /** The keys of the towers that the worker holds now. */
  readonly held: readonly string[];
  /** Bytes of their weights. */
  readonly heldBytes: number;
  /** How many towers the worker has opened. */
  readonly openings: number;
}
