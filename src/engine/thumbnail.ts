import { clipPlan } from '../core/image/index.js';
import type { Config } from '../config/index.js';
import { sniffFormat, type PreparationPool } from '../media/index.js';
import type { ImageInfo } from './embedding.js';
import { turnOf, type EmbedOptions, type RequestScope } from './options.js';
import type { HeldBytes } from './picture-bytes.js';

/** Pixels of the longer side. */
const LONGEST_SIDE = 320;

/** The picture at most so large, in its own proportions; a smaller one keeps its size. */
function thumbnailSize({ width, height }: ImageInfo): { readonly width: number; readonly height: number } {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
  const scaled = (side: number): number => Math.max(1, Math.round(side * scale));
  return { width: scaled(width), height: scaled(height) };
}

/**
 * A small picture of one that has been embedded: a WebP file, made of the pixels alone, so that nothing is in it that a camera
 * wrote beside them. It is made where pictures are decoded, apart from the main thread.
 *
 * @throws what preparing the picture throws
 */
export async function makeThumbnail(
  pool: PreparationPool,
  { preparation, limits }: Config,
  { held, image, options }: { held: HeldBytes; image: ImageInfo; options: EmbedOptions },
  scope: RequestScope,
): Promise<Uint8Array> {
  const size = thumbnailSize(image);
  const { crop } = await pool.prepare(
    {
      bytes: held.bytes,
      format: sniffFormat(held.bytes),
      plan: { ...clipPlan(LONGEST_SIDE), resize: size, crop: size },
      pillow: preparation.pillow,
      strict: preparation.strict,
      isOriented: options.isOriented ?? !preparation.strict,
      maxPixels: limits.maxImagePixels,
      encoding: 'webp',
    },
    turnOf(scope),
  );
  return crop;
}
