/**
 * The largest weight. Processors with AVX2 but without VNNI add two products of an unsigned and a signed byte in 16 bits that
 * saturate (vpmaddubsw): 2 · 255 · 64 = 32,640 stays below 32,767, so that sums are exact whichever two are added, and the
 * numbers are the same on every processor.
 */
export const LARGEST_WEIGHT = 64;

/** A linear layer's weights and their place in memory. */
export interface LinearWeights {
  readonly values: Float32Array;
  readonly outputs: number;
  readonly inputs: number;
  /** Stored `[inputs, outputs]`. */
  readonly isTransposed: boolean;
}

/**
 * Weights in whole numbers up to `largestWeight`, with one symmetric scale for each output.
 *
 * @returns weights `[inputs, outputs]`, as ONNX multiplies them, in [-largestWeight, largestWeight]; scales `[outputs]`: the value of 1
 */
export function quantize(
  { values, outputs, inputs, isTransposed }: LinearWeights,
  largestWeight = LARGEST_WEIGHT,
): {
  readonly weights: Int8Array;
  readonly scales: Float32Array;
} {
  const [step, stride] = isTransposed ? [outputs, 1] : [1, inputs];
  const weights = new Int8Array(outputs * inputs);
  const scales = new Float32Array(outputs);
  for (let output = 0; output < outputs; output++) {
    const from = output * stride;
    let largest = 0;
    for (let input = 0; input < inputs; input++)
      largest = Math.max(largest, Math.abs(values[from + input * step]));
    const scale = largest === 0 ? 1 : largest / largestWeight;
    scales[output] = scale;
    for (let input = 0; input < inputs; input++) {
      weights[input * outputs + output] = Math.round(values[from + input * step] / scale);
    }
  }
  return { weights, scales };
}
