import { ClipgraphError } from '../../errors/index.js';
import { normalizationTables, type Normalization } from '../../core/image/index.js';
import {
  DATA_TYPES,
  externalInitializer,
  initializer,
  MICROSOFT,
  model,
  node,
  value,
  type Attribute,
} from '../../runtime/onnx/writer.js';
import type { GraphForm } from '../../runtime/index.js';
import { scalesOf, type Checkpoint, type StoredTensor } from '../checkpoint.js';

const TYPES = { F32: 'float32', F16: 'float16', BF16: 'bfloat16', I8: 'int8' } as const;
/** The least value of any GELU, with a little room. */
const LOWEST_GELU = 0.1701;
/** TensorProto.DataType, for Cast. */
export const { float32: FLOAT32, float16: FLOAT16, int32: INT32 } = DATA_TYPES;
export const FLOAT32_LOWEST = -3.4028234663852886e38;

/**
 * What samples are divided by so that float32 arithmetic gives the tables' numbers, all of them and to the bit; undefined where
 * there is no such divisor.
 */
function divisorFor(
  { rescaleFactor, mean, std }: Normalization,
  tables: readonly Float32Array[],
): number | undefined {
  const f32 = Math.fround;
  const divisor = f32(1 / rescaleFactor);
  const isSame = tables.every((table, channel) =>
    table.every((value, sample) =>
      Object.is(value, f32(f32(f32(sample / divisor) - f32(mean[channel])) / f32(std[channel]))),
    ),
  );
  return isSame ? divisor : undefined;
}

/** The name of a value in the graph. */
export type Value = string;

/** An ONNX graph that is being put together, whose weights stay where they are in the checkpoint's files. */
export class Graph {
  readonly #checkpoint: Checkpoint;
  readonly #form: GraphForm;
  readonly #nodes: Uint8Array[] = [];
  readonly #initializers = new Map<string, Uint8Array>();
  #values = 0;
  #hasMicrosoftOperations = false;

  constructor(checkpoint: Checkpoint, form: GraphForm = {}) {
    this.#checkpoint = checkpoint;
    this.#form = form;
  }

  /** Whether attention is to be one operation. */
  get isAttentionFused(): boolean {
    return this.#form.attention === 'fused';
  }

  has(name: string): boolean {
    return this.#checkpoint.has(name);
  }

  /**
   * @throws MODEL_UNAVAILABLE when the checkpoint lacks it
   */
  tensor(name: string): StoredTensor {
    const tensor = this.#checkpoint.get(name);
    if (tensor !== undefined) return tensor;
    throw new ClipgraphError(
      'MODEL_UNAVAILABLE',
      `The model's weights lack ${name}: it is not laid out as a CLIP.`,
    );
  }

  /** An operation with one result. */
  op(
    operator: string,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value {
    const output = `v${this.#values++}`;
    this.#nodes.push(node(operator, inputs, [output], attributes));
    return output;
  }

  /** The same for an operation of ONNX Runtime's own. */
  microsoftOp(
    operator: string,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value {
    const output = `v${this.#values++}`;
    this.#nodes.push(node(operator, inputs, [output], attributes, MICROSOFT));
    this.#hasMicrosoftOperations = true;
    return output;
  }

  #byte(of: number): Value {
    const name = `b_${of}`;
    this.#initializers.set(name, initializer(name, [], Uint8Array.of(of)));
    return name;
  }

  /** Gives a value the name under which it leaves the graph. */
  output(name: string, from: Value): void {
    const isCast = this.#form.precision === 'fp16';
    this.#nodes.push(
      isCast ? node('Cast', [from], [name], { to: FLOAT32 }) : node('Identity', [from], [name]),
    );
  }

  integers(...values: readonly number[]): Value {
    const name = `i_${values.join('_')}`;
    this.#initializers.set(name, initializer(name, [values.length], BigInt64Array.from(values.map(BigInt))));
    return name;
  }

  integer(of: number): Value {
    const name = `s_${of}`;
    this.#initializers.set(name, initializer(name, [], BigInt64Array.of(BigInt(of))));
    return name;
  }

  /** Numbers of any shape, under a name of their own. */
  floats(name: string, dims: readonly number[], values: Float32Array): Value {
    this.#initializers.set(name, initializer(name, dims, values));
    return name;
  }

  /** A number of the type that the graph computes in. */
  float(of: number): Value {
    return this.computed(this.float32(of));
  }

  float32(of: number): Value {
    const name = `f_${of}`;
    this.#initializers.set(name, initializer(name, [], Float32Array.of(of)));
    return name;
  }

  /**
   * A weight as it is stored.
   *
   * @param dims another shape for the same values
   * @throws MODEL_UNAVAILABLE for a type that is not fp32, fp16 or bf16
   */
  stored(name: string, dims?: readonly number[]): Value {
    const { dtype, shape, file: location, offset, length } = this.tensor(name);
    if (!(dtype in TYPES)) {
      const message = `The model's weight ${name} is ${dtype}; F32, F16 and BF16 are supported.`;
      throw new ClipgraphError('MODEL_UNAVAILABLE', message);
    }
    const key = dims === undefined ? name : `${name}@${dims.join('x')}`;
    const type = TYPES[dtype as keyof typeof TYPES];
    this.#initializers.set(key, externalInitializer(key, type, dims ?? shape, { location, offset, length }));
    return key;
  }

  /** A weight in the type that the graph computes in. */
  weight(name: string, dims?: readonly number[]): Value {
    return this.#computedOf(this.stored(name, dims), this.tensor(name).dtype);
  }

  /** Rows of a stored weight, in the type that the graph computes in: they are cast, not the table, which would be another copy. */
  rowsOf(name: string, places: Value): Value {
    return this.#computedOf(
      this.op('Gather', [this.stored(name), places], { axis: 0 }),
      this.tensor(name).dtype,
    );
  }

  #computedOf(value: Value, dtype: string): Value {
    if (this.#form.precision === 'fp16') {
      return dtype === 'F16' ? value : this.op('Cast', [value], { to: FLOAT16 });
    }
    return dtype === 'F32' ? value : this.toFloat32(value);
  }

  /** Values of float32 in the type that the graph computes in. */
  computed(value: Value): Value {
    return this.#computedOf(value, 'F32');
  }

  toFloat32(from: Value): Value {
    return this.op('Cast', [from], { to: FLOAT32 });
  }

  /** `x · weightᵀ + bias`, the weight `[out, in]` as PyTorch stores it, or transposed. */
  linear(x: Value, name: string, range: 'any' | 'after GELU' = 'any'): Value {
    if (this.tensor(`${name}.weight`).dtype === 'I8') return this.#quantizedLinear(x, name, range);
    const transB = this.tensor(`${name}.weight`).isTransposed === true ? 0 : 1;
    const bias = this.has(`${name}.bias`) ? [this.weight(`${name}.bias`)] : [];
    const factors = [x, this.weight(`${name}.weight`)];
    if (this.#form.bias === 'joined') return this.op('Gemm', [...factors, ...bias], { transB });
    const product = this.op('Gemm', factors, { transB });
    return bias.length > 0 ? this.op('Add', [product, ...bias]) : product;
  }

  /**
   * The same with quantized weights: each row is brought to 8 bits by its own largest value, so that it does not matter which
   * rows it is batched with.
   */
  #quantizedLinear(x: Value, name: string, range: 'any' | 'after GELU'): Value {
    if (this.#form.precision === 'fp16') {
      const message =
        'The model has weights of 8 bits, which the runtime would bring to 16 again (precision fp16). Choose its other weights, or precision exact.';
      throw new ClipgraphError('MODEL_UNAVAILABLE', message);
    }
    if (!this.has(scalesOf(`${name}.weight`))) {
      const message =
        'The model was quantized by version 0.1, in a form whose numbers depend on the processor. Quantize it again (clipgraph models quantize).';
      throw new ClipgraphError('MODEL_UNAVAILABLE', message);
    }
    // What a GELU leaves is not below -0.17: more of the 256 steps go to the other side.
    const [zero, least] = range === 'any' ? [128, 1e-30] : [32, LOWEST_GELU / 32];
    const largest = this.op('ReduceMax', [range === 'any' ? this.op('Abs', [x]) : x], {
      axes: [-1],
      keepdims: 1,
    });
    const scaled = this.op('Mul', [largest, this.float(1 / (255 - zero))]);
    const scales = this.op('Max', [scaled, this.float(least)]);
    const flat = this.op('Reshape', [scales, this.integers(-1)]);
    const zeros = this.op('Expand', [this.#byte(zero), this.op('Shape', [flat])]);
    const rows = this.op('QuantizeLinear', [x, flat, zeros], { axis: 0 });
    const product = this.microsoftOp('MatMulIntegerToFloat', [
      rows,
      this.stored(`${name}.weight`),
      this.float(1),
      this.stored(scalesOf(`${name}.weight`)),
      this.#byte(zero),
    ]);
    const unscaled = this.op('Mul', [product, scales]);
    return this.has(`${name}.bias`) ? this.op('Add', [unscaled, this.weight(`${name}.bias`)]) : unscaled;
  }

  layerNorm(x: Value, name: string, epsilon: number): Value {
    const parameters = [this.weight(`${name}.weight`), this.weight(`${name}.bias`)];
    return this.op('LayerNormalization', [x, ...parameters], { axis: -1, epsilon: { float: epsilon } });
  }

  /**
   * Samples of 0 to 255, `[…, 3, n]`, as the model's numbers: bit-equal to the table's, which is looked up where arithmetic in
   * float32 would give others.
   */
  normalize(samples: Value, normalization: Normalization): Value {
    const tables = normalizationTables(normalization);
    const divisor = divisorFor(normalization, tables);
    if (divisor === undefined) {
      const table = this.floats(
        'sample_table',
        [3 * 256],
        Float32Array.from(tables.flatMap((of) => [...of])),
      );
      const offsets = this.op('Cast', [this.floats('sample_offsets', [3, 1], Float32Array.of(0, 256, 512))], {
        to: INT32,
      });
      const places = this.op('Add', [this.op('Cast', [samples], { to: INT32 }), offsets]);
      return this.computed(this.op('Gather', [table, places], { axis: 0 }));
    }
    const scaled = this.op('Div', [this.toFloat32(samples), this.float32(divisor)]);
    const mean = this.floats('sample_mean', [3, 1], Float32Array.from(normalization.mean));
    const std = this.floats('sample_std', [3, 1], Float32Array.from(normalization.std));
    return this.computed(this.op('Div', [this.op('Sub', [scaled, mean]), std]));
  }

  /** The file's bytes. Inputs and outputs have one symbolic first dimension, `batch`. */
  finish(
    inputs: readonly { name: string; type: 'int64' | 'uint8'; dims: readonly (number | string)[] }[],
    outputs: readonly { name: string; dims: readonly (number | string)[] }[],
  ): Uint8Array {
    return model({
      nodes: this.#nodes,
      initializers: [...this.#initializers.values()],
      inputs: inputs.map(({ name, type, dims }) => value(name, type, ['batch', ...dims])),
      hasMicrosoftOperations: this.#hasMicrosoftOperations,
      outputs: outputs.map(({ name, dims }) => value(name, 'float32', ['batch', ...dims])),
    });
  }
}
