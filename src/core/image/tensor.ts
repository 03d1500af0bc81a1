/** Mean and standard deviation of a channel in red, green, blue order, of samples in [0, 1]. */
export interface Normalization {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** CLIP's own. Source: openai/CLIP clip/clip.py, `_transform`. */
export const CLIP_NORMALIZATION: Normalization = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
};

/** Each step is rounded to float32, as NumPy and PyTorch do: with float64 in between, the last bit would differ. */
function channelTable(mean: number, std: number): Float32Array {
  const f32 = Math.fround;
  return Float32Array.from({ length: 256 }, (_, value) => f32(f32(f32(value / 255) - f32(mean)) / f32(std)));
}

/**
 * Crops to the model's input: `(value / 255 - mean) / std`, channels first.
 *
 * @param crops `count` crops of `size × size` RGB pixels, one after the other
 * @returns float32 `[count, 3, size, size]`, bit-equal to the references'
 */
export function cropsToTensor(
  crops: Uint8Array,
  count: number,
  size: number,
  { mean, std }: Normalization = CLIP_NORMALIZATION,
): Float32Array {
  const plane = size * size;
  const out = new Float32Array(count * 3 * plane);
  for (let channel = 0; channel < 3; channel++) {
    const table = channelTable(mean[channel], std[channel]);
    for (let image = 0; image < count; image++) {
      const from = image * plane * 3 + channel;
      const to = (image * 3 + channel) * plane;
      for (let i = 0; i < plane; i++) out[to + i] = table[crops[from + i * 3]];
    }
  }
  return out;
}
