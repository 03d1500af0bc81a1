import type { Span } from './crop-plan.js';

/** Pillow's bicubic is Keys' kernel with a = -0.5. Source: Pillow src/libImaging/Resample.c, `bicubic_filter`. */
const A = -0.5;
/** Half the kernel's width, in source pixels at scale 1. Source: the same file, `BICUBIC`. */
const SUPPORT = 2;
/** Weights are integers in units of 2^-22. Source: the same file, `PRECISION_BITS` = 32 - 8 - 2. */
export const PRECISION_BITS = 22;

/** For each output of one axis, the inputs that it is made of and their weights. */
export interface Taps {
  /** Index of the first input of each output. */
  readonly first: Int32Array;
  /** Number of inputs of each output. */
  readonly count: Int32Array;
  /** `stride` weights for each output, in units of 2^-PRECISION_BITS; those after `count` are zero. */
  readonly weights: Int32Array;
  readonly stride: number;
  /** All inputs that any of the outputs needs. */
  readonly inputs: Span;
}

function kernel(x: number): number {
  const d = Math.abs(x);
  if (d < 1) return ((A + 2) * d - (A + 3)) * d * d + 1;
  if (d < 2) return (((d - 5) * d + 8) * d - 4) * A;
  return 0;
}

/**
 * Weights for the outputs `[from, to)` when `inputSize` samples become `outputSize`. When the picture shrinks, the
 * kernel widens by the same factor: that is Pillow's antialiasing.
 *
 * The rounding of bounds and weights is Pillow's to the bit: source, the same file, `precompute_coeffs` and
 * `normalize_coeffs_8bpc`.
 */
export function bicubicTaps(inputSize: number, outputSize: number, { from, to }: Span): Taps {
  const scale = inputSize / outputSize;
  const filterScale = Math.max(scale, 1);
  const support = SUPPORT * filterScale;
  const stride = Math.ceil(support) * 2 + 1;
  const outputs = to - from;
  const first = new Int32Array(outputs);
  const count = new Int32Array(outputs);
  const weights = new Int32Array(outputs * stride);
  const exact = new Float64Array(stride);

  for (let output = 0; output < outputs; output++) {
    const centre = (output + from + 0.5) * scale;
    const start = Math.max(Math.trunc(centre - support + 0.5), 0);
    const length = Math.min(Math.trunc(centre + support + 0.5), inputSize) - start;
    let sum = 0;
    for (let i = 0; i < length; i++) {
      exact[i] = kernel((i + start - centre + 0.5) * (1 / filterScale));
      sum += exact[i];
    }
    for (let i = 0; i < length; i++) {
      const weight = sum === 0 ? exact[i] : exact[i] / sum;
      weights[output * stride + i] = Math.trunc((weight < 0 ? -0.5 : 0.5) + weight * 2 ** PRECISION_BITS);
    }
    first[output] = start;
    count[output] = length;
  }
  return {
    first,
    count,
    weights,
    stride,
    inputs: { from: first[0], to: first[outputs - 1] + count[outputs - 1] },
  };
}
