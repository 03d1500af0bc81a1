import type { Isolation } from '../isolation/link.js';

export type { Isolation } from '../isolation/link.js';

/** The half of a model that reads one kind of content. */
export type TowerKind = 'text' | 'image';

/** An array of numbers with its shape, as the plugins and the host exchange it. */
export interface Tensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** What a graph says of one of its inputs or outputs. A symbolic dimension is a string: `['batch', 3, 224, 224]`. */
export interface TensorInfo {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

/** What a plugin needs to know of the model that a tower belongs to. */
export interface TowerManifest {
  readonly model: string;
  /** The names in the graph: of the input that takes token ids or pixels, and of the pooled embedding. */
  readonly input: string;
  readonly output: string;
  /** Numbers in an embedding. */
  readonly dimensions: number;
  /** `output` is one vector for each token, `[size, length, width]`, instead of one for the whole content. */
  readonly isPerToken?: boolean;
  /**
   * What fills the rows of a batch of texts, and up to which length: the longest text's, or `length` for a model whose
   * numbers depend on it.
   */
  readonly padding: { readonly id: number; readonly length?: number | undefined };
}

/** Files outside of a graph that hold its weights; the graph names them as they are named here. */
export interface ExternalWeights {
  readonly folder: string;
  readonly files: readonly string[];
  /** What of the files the graph uses, in bytes: for runtimes that can't map them. */
  readonly parts: readonly { readonly file: string; readonly offset: number; readonly length: number }[];
}

/** One tower to be opened: an ONNX graph, by path or as bytes, with the files its weights are in when not inside it. */
export interface TowerSource {
  /** Names the tower and its exact files among all that a runtime holds. */
  readonly key: string;
  readonly kind: TowerKind;
  readonly manifest: TowerManifest;
  readonly graph: { readonly path: string } | { readonly bytes: Uint8Array };
  readonly weights?: ExternalWeights;
  /** Bytes of the weights: what is counted against a worker's budget. */
  readonly bytes?: number;
}

/** Token ids, each row padded to the longest. */
export interface TextBatch {
  readonly kind: 'text';
  /** `[size, length]`, row by row. */
  readonly ids: Int32Array;
  /** The number of ids of each row that are not padding. */
  readonly lengths: readonly number[];
  readonly size: number;
  readonly length: number;
}

/** Pictures, prepared and normalised. */
export interface ImageBatch {
  readonly kind: 'image';
  /** `[size, 3, imageSize, imageSize]`. */
  readonly pixels: Float32Array;
  readonly size: number;
  readonly imageSize: number;
}

export type TowerBatch = TextBatch | ImageBatch;

export interface RunRequest {
  /** Names of the outputs that are wanted. */
  readonly outputs: readonly string[];
  readonly signal: AbortSignal;
}

/** An open tower. `run` may be called again before an earlier call has ended, up to `info.maxInFlight` times. */
export interface Tower {
  /** As the file states them; the host checks them, it assumes nothing. */
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  run(batch: TowerBatch, request: RunRequest): Promise<Record<string, Tensor>>;
  close(): Promise<void>;
}

/** What a runtime that can serve says of itself. */
export interface RuntimeInfo {
  /** What does the arithmetic: `CPU`, or the name of a graphics card. */
  readonly device: string;
  readonly library: string;
  readonly version: string;
  readonly threads: number;
  /** Contents in one call of `run`, at most. */
  readonly maxBatch: number;
  /** Calls of `run` at a time: 1 unless the work is done elsewhere. */
  readonly maxInFlight: number;
  /**
   * How it computes where that is less exact than IEEE float32, as a suffix of the vectors' dtype: `tf32`. Absent where it is
   * exact. Vectors of another precision are of another space.
   */
  readonly precision?: string | undefined;
}

export type Probe =
  | { readonly ready: true; readonly info: RuntimeInfo }
  | { readonly ready: false; readonly reason: string; readonly remedy: string };

/** A runtime: something that can run a model's towers. */
export interface RuntimePlugin {
  readonly name: string;
  /** Whether this machine can run it, found out by trying. Never throws. */
  probe(): Promise<Probe>;
  open(source: TowerSource): Promise<Tower>;
}

/** Makes a runtime from its options in the configuration. Throws when an option is wrong. */
export type RuntimeFactory<Options extends object = Record<string, unknown>> = (
  options: Options,
) => RuntimePlugin;

interface RuntimeTraits {
  /**
   * `process`, the default: native code may crash or hang there. `thread`: for WebAssembly, which can do neither to the
   * server.
   */
  readonly isolation?: Isolation;
}

/** A factory, with what is known of its runtime before one is made. */
export type RuntimeDefinition<Options extends object = Record<string, unknown>> = RuntimeFactory<Options> &
  RuntimeTraits;

/** Declares a plugin; the default export of its module. */
export function defineRuntime<Options extends object>(
  factory: RuntimeFactory<Options>,
  { isolation = 'process' }: RuntimeTraits = {},
): RuntimeDefinition<Options> {
  return Object.assign(factory, { isolation });
}
