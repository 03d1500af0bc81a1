import type { Size } from './pixel-plan.js';

/** Where the search for the scale ends. */
const PRECISION = 1e-5;

/**
 * The size to which NaFlex resizes a picture: in its own proportion, in whole patches, at most `maxPatches` of them.
 *
 * @param width in pixels, from 1, as height and patch are
 * Source: transformers models/siglip2/image_processing_siglip2.py, `get_image_size_for_max_num_patches`.
 */
export function naflexSize(width: number, height: number, patch: number, maxPatches: number): Size {
  const scaled = (side: number, scale: number): number =>
    Math.max(patch, Math.ceil((side * scale) / patch) * patch);
  let low = PRECISION / 10;
  let high = 100;
  while (high - low >= PRECISION) {
    const scale = (low + high) / 2;
    const count = (scaled(height, scale) / patch) * (scaled(width, scale) / patch);
    if (count <= maxPatches) low = scale;
    else high = scale;
  }
  return { height: scaled(height, low), width: scaled(width, low) };
}
