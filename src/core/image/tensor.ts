/** How a sample of 0 to 255 becomes a number of the model's input; mean and std in red, green, blue order. */
export interface Normalization {
  /** What a sample is multiplied by first. */
  readonly rescaleFactor: number;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** CLIP's own. Source: openai/CLIP clip/clip.py, `_transform`. */
export const CLIP_NORMALIZATION: Normalization = {
  rescaleFactor: 1 / 255,
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
};

/**
 * Each step is rounded to float32, as NumPy and PyTorch do: with float64 in between, the last bit would differ. For 1 / 255
 * this is the same as a division by 255 in float32, torchvision's `ToTensor`.
 *
 * Source: transformers image_transforms.py, `rescale` and `normalize`.
 */
function channelTable(rescaleFactor: number, mean: number, std: number): Float32Array {
  const f32 = Math.fround;
  return Float32Array.from({ length: 256 }, (_, value) =>
    f32(f32(f32(value * rescaleFactor) - f32(mean)) / f32(std)),
  );
}

/** The number that each sample of 0 to 255 becomes, in red, green and blue: what a graph that takes bytes must compute, to the bit. */
export function normalizationTables({ rescaleFactor, mean, std }: Normalization): Float32Array[] {
  return mean.map((of, channel) => channelTable(rescaleFactor, of, std[channel]));
}

/**
 * Crops to the model's input: `(value · rescaleFactor - mean) / std`, channels first.
 *
 * @param crops `count` crops of `height × width` RGB pixels, one after the other
 * @param size the edge of a square, or both edges in pixels
 * @returns float32 `[count, 3, height, width]`, bit-equal to the references'
 */
export function cropsToTensor(
  crops: Uint8Array,
  count: number,
  size: number | { readonly height: number; readonly width: number },
  normalization: Normalization = CLIP_NORMALIZATION,
): Float32Array {
  const plane = typeof size === 'number' ? size * size : size.height * size.width;
  const out = new Float32Array(count * 3 * plane);
  for (const [channel, table] of normalizationTables(normalization).entries()) {
    for (let image = 0; image < count; image++) {
      const from = image * plane * 3 + channel;
      const to = (image * 3 + channel) * plane;
      for (let i = 0; i < plane; i++) out[to + i] = table[crops[from + i * 3]];
    }
  }
  return out;
}
