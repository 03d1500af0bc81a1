import { ClipgraphError } from '../errors/index.js';

/** One tensor of a checkpoint and where its bytes are. */
export interface StoredTensor {
  /** As safetensors names it: F32, F16, BF16, … */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** The file that holds it, relative to the model's folder. */
  readonly file: string;
  /** Of its first byte, from the beginning of the file. */
  readonly offset: number;
  readonly length: number;
  /** A matrix that is stored `[in, out]`, where a linear layer's is `[out, in]`. */
  readonly isTransposed?: boolean;
}

/** Tensors by name. */
export type Checkpoint = ReadonlyMap<string, StoredTensor>;

/** Bytes of one value. */
export const DTYPE_BYTES: Readonly<Record<string, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** Bytes of a tensor; NaN for a type that is not known. */
export function byteLengthOf(dtype: string, shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, DTYPE_BYTES[dtype] ?? NaN);
}

/** The name of the scales, one for each output, of a quantized weight. */
export function scalesOf(weight: string): string {
  return `${weight}_scale_of_7_bits`;
}

export function filesOf(checkpoint: Checkpoint): string[] {
  return [...new Set([...checkpoint.values()].map(({ file }) => file))];
}

/** A checkpoint that is not what its format says; `format` as a user knows it: `safetensors`. */
export function damaged(format: string, what: string, cause?: unknown): ClipgraphError {
  return new ClipgraphError('MODEL_UNAVAILABLE', `The model's ${format} file is damaged: ${what}.`, {
    cause,
  });
}
