import type { CropPlan, Span } from './crop-plan.js';
import { KERNELS, type Filter, type Weighing } from './filters.js';
import { nearestInputs } from './nearest.js';

/** 8-bit weights are integers in units of 2^-22. Source: Pillow src/libImaging/Resample.c, `PRECISION_BITS` = 32 - 8 - 2. */
export const PRECISION_BITS = 22;
const ONE = 2 ** PRECISION_BITS;

/** For each output of one axis, the inputs that it is made of and their weights. */
export interface Taps<Weights extends Float64Array | Int32Array = Float64Array> {
  /** Index of the first input of each output. */
  readonly first: Int32Array;
  /** Number of inputs of each output. */
  readonly count: Int32Array;
  /** `stride` weights for each output; those after `count` are zero. */
  readonly weights: Weights;
  readonly stride: number;
  /** All inputs that any of the outputs needs. */
  readonly inputs: Span;
}

/** The inputs of one output: its centre, the first one and how many. */
function reach(
  output: number,
  inputSize: number,
  scale: number,
  support: number,
): { centre: number; first: number; count: number } {
  const centre = (output + 0.5) * scale;
  const first = Math.max(Math.trunc(centre - support + 0.5), 0);
  return { centre, first, count: Math.min(Math.trunc(centre + support + 0.5), inputSize) - first };
}

/**
 * Weights for the outputs `[from, to)` when `inputSize` samples become `outputSize`. When the picture shrinks, the
 * kernel widens by the same factor: that is Pillow's antialiasing.
 *
 * Source, for the rounding too: the same file, `precompute_coeffs`.
 */
export function tapsFor(filter: Weighing, inputSize: number, outputSize: number, { from, to }: Span): Taps {
  const scale = inputSize / outputSize;
  const filterScale = Math.max(scale, 1);
  const kernel = KERNELS[filter];
  const support = kernel.support * filterScale;
  const stride = Math.ceil(support) * 2 + 1;
  const outputs = to - from;
  const first = new Int32Array(outputs);
  const count = new Int32Array(outputs);
  const weights = new Float64Array(outputs * stride);

  for (let output = 0; output < outputs; output++) {
    const { centre, first: start, count: length } = reach(output + from, inputSize, scale, support);
    const at = output * stride;
    let sum = 0;
    for (let i = 0; i < length; i++) {
      weights[at + i] = kernel.weigh((i + start - centre + 0.5) * (1 / filterScale));
      sum += weights[at + i];
    }
    if (sum !== 0) for (let i = 0; i < length; i++) weights[at + i] /= sum;
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

/** The weights as Pillow rounds them for 8-bit samples. Source: the same file, `normalize_coeffs_8bpc`. */
export function toFixedPoint(taps: Taps): Taps<Int32Array> {
  const { weights } = taps;
  const fixed = new Int32Array(weights.length);
  for (let i = 0; i < fixed.length; i++)
    fixed[i] = Math.trunc((weights[i] < 0 ? -0.5 : 0.5) + weights[i] * ONE);
  return { ...taps, weights: fixed };
}

/** The taps of both axes for the window of a plan; undefined for an axis that keeps its size: Pillow skips its pass. */
export function tapsOf(
  plan: CropPlan,
  filter: Weighing,
): { across: Taps | undefined; down: Taps | undefined } {
  const { width, height, resizedWidth, resizedHeight, window } = plan;
  const { left, top } = window;
  return {
    across:
      width === resizedWidth
        ? undefined
        : tapsFor(filter, width, resizedWidth, { from: left, to: left + window.width }),
    down:
      height === resizedHeight
        ? undefined
        : tapsFor(filter, height, resizedHeight, { from: top, to: top + window.height }),
  };
}

function inputsOf(filter: Filter, inputSize: number, outputSize: number, from: number, size: number): Span {
  if (inputSize === outputSize) return { from, to: from + size };
  if (filter === 'nearest') {
    const inputs = nearestInputs(inputSize, outputSize, from, size);
    return { from: inputs[0], to: inputs[size - 1] + 1 };
  }
  const scale = inputSize / outputSize;
  const support = KERNELS[filter].support * Math.max(scale, 1);
  const last = reach(from + size - 1, inputSize, scale, support);
  return { from: reach(from, inputSize, scale, support).first, to: last.first + last.count };
}

/** The columns of the picture that the window of a plan is made of: no others need be decoded. */
export function columnsOf({ width, resizedWidth, window, filter }: CropPlan): Span {
  return inputsOf(filter, width, resizedWidth, window.left, window.width);
}
