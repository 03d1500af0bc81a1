import type { Isolation } from '../isolation/link.js';
import { definePlugin, type PluginDefinition, type PluginTraits } from '../plugins/definition.js';

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

/** An ONNX graph, by path or as bytes. */
export type TowerGraph = { readonly path: string } | { readonly bytes: Uint8Array };

/** One tower to be opened: an ONNX graph with the files its weights are in when not inside it. */
export interface TowerSource {
  /** Names the tower and its exact files among all that a runtime holds. */
  readonly key: string;
  readonly kind: TowerKind;
  readonly manifest: TowerManifest;
  /** Absent for a plugin that declares `needsGraph: false`: whoever runs the model has it already. */
  readonly graph?: TowerGraph;
  readonly weights?: ExternalWeights;
  /** Bytes of the weights: what is counted against a worker's budget. */
  readonly bytes?: number;
}

/** What a plugin that needs the graph opens. */
export type GraphTowerSource = TowerSource & { readonly graph: TowerGraph };

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

/** Pictures, prepared: as the bytes of their crops, which a graph may take as they are, and as normalised numbers. */
export interface ImageBatch {
  readonly kind: 'image';
  /** `[size, imageSize, imageSize, 3]`, red, green and blue. */
  readonly crops: Uint8Array;
  /** `[size, 3, imageSize, imageSize]`, normalised. Made of the crops when it is first read. */
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

/**
 * NVIDIA's TF32: factors of 10 bits, sums of float32. `fp16`: weights, and what flows from one operation to the next, have 16 bits.
 */
export type Precision = 'tf32' | 'fp16';

/** How the graphs are to be built that a runtime is given, where it runs one form better than another. */
export interface GraphForm {
  /** `fp16`: weights and activations of 16 bits. A model that is made of ONNX files is refused then. */
  readonly precision?: 'fp16' | undefined;
  /** `fused`: as one operation, `MultiHeadAttention` of com.microsoft, in place of products and a softmax. */
  readonly attention?: 'fused' | undefined;
  /** `joined`: added by the operation that multiplies, in place of one of its own. */
  readonly bias?: 'joined' | undefined;
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
   * How it computes where that is less exact than IEEE float32: a suffix of the vectors' dtype, which makes them vectors of
   * another space. Absent where it is exact.
   */
  readonly precision?: Precision | undefined;
  /** How it wants graphs to be built. Absent where it takes them as they are for all. */
  readonly graphs?: GraphForm | undefined;
}

/**
 * Whether a runtime can serve. `reason` and `remedy` are sentences for anybody who asks the server: the host takes folders and
 * all but the first line out of them, and keeps the whole for the log and for the operator's own terminal, in `detail`.
 */
export type Probe =
  | { readonly ready: true; readonly info: RuntimeInfo }
  | { readonly ready: false; readonly reason: string; readonly remedy: string; readonly detail?: string };

/** A runtime: something that can run a model's towers. */
export interface RuntimePlugin<Source extends TowerSource = TowerSource> {
  /** Whether this machine can run it, found out by trying. Never throws. */
  probe(): Promise<Probe>;
  open(source: Source): Promise<Tower>;
}

/** What a runtime's module declares: known before its factory is called. */
export interface RuntimeTraits extends PluginTraits<'runtime'> {
  readonly needsGraph: boolean;
}

/** The default export of a runtime's module. */
export interface RuntimeDefinition<
  Options extends object = Record<string, unknown>,
  Source extends TowerSource = TowerSource,
>
  extends RuntimeTraits, PluginDefinition<'runtime', Options, RuntimePlugin<Source>> {
  readonly kind: 'runtime';
}

/** What a plugin says of itself. */
export interface RuntimeDeclaration {
  /** What the configuration calls it, and where its options are: `runtimes.<name>`. */
  readonly name: string;
  /**
   * `process`, the default: native code may crash or hang there. `thread`: for WebAssembly, which can do neither to the
   * server. `none`: in the server's own process, for code that only waits for a socket.
   */
  readonly isolation?: Isolation;
  /** Whether `open` takes an ONNX graph. Default true; false for a runtime that has the models itself. */
  readonly needsGraph?: boolean;
}

/**
 * Declares a runtime plugin; the default export of its module.
 *
 * @param create makes the runtime from its options in the configuration; throws when an option is wrong
 * @throws TypeError that says what to write
 */
export function defineRuntime<Options extends object>(
  declaration: RuntimeDeclaration & { readonly needsGraph: false },
  create: (options: Options) => RuntimePlugin,
): RuntimeDefinition<Options>;
export function defineRuntime<Options extends object>(
  declaration: RuntimeDeclaration,
  create: (options: Options) => RuntimePlugin<GraphTowerSource>,
): RuntimeDefinition<Options, GraphTowerSource>;
export function defineRuntime<Options extends object>(
  { name, isolation = 'process', needsGraph = true }: RuntimeDeclaration,
  create: (options: Options) => RuntimePlugin<GraphTowerSource>,
): RuntimeDefinition<Options, GraphTowerSource> {
  const definition = { kind: 'runtime', name, isolation, needsGraph, create } as const;
  definePlugin('defineRuntime', definition);
  return definition;
}
