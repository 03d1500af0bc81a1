import type { Normalization } from '../core/image/index.js';
import type { TowerManifest, TowerSource } from './contract.js';
import type { WireBatch } from './wire.js';

/** One content, ready for its tower. */
export type PreparedContent =
  | { readonly kind: 'text'; readonly ids: readonly number[] }
  | {
      readonly kind: 'image';
      /** `size × size` RGB pixels. */
      readonly crop: Uint8Array;
      readonly size: number;
      readonly normalization: Normalization;
    };

/** Contents share a batch when this is the same: all that their tower, its output and their padding depend on. */
export function batchKey({ key, manifest }: TowerSource, content: PreparedContent): string {
  const { input, output, dimensions, isPerToken = false, padding } = manifest;
  const ofTower = [key, input, output, dimensions, isPerToken, padding.id, padding.length];
  if (content.kind === 'text') return JSON.stringify(ofTower);
  const { rescaleFactor, mean, std } = content.normalization;
  return JSON.stringify([...ofTower, content.size, rescaleFactor, mean, std]);
}

/**
 * Contents of one key as one batch: texts padded to the longest, or to the length that the model asks for.
 *
 * @throws RangeError for a crop that is not `size × size × 3` bytes
 */
export function toWireBatch(contents: readonly PreparedContent[], { padding }: TowerManifest): WireBatch {
  const texts = contents.filter((content) => content.kind === 'text');
  if (texts.length > 0) {
    const lengths = texts.map(({ ids }) => ids.length);
    const length = Math.max(padding.length ?? 0, ...lengths);
    const ids = new Int32Array(texts.length * length).fill(padding.id);
    for (const [row, text] of texts.entries()) ids.set(text.ids, row * length);
    return { kind: 'text', ids, lengths, size: texts.length, length };
  }
  const images = contents.filter((content) => content.kind === 'image');
  const { size: imageSize, normalization } = images[0];
  const bytes = imageSize * imageSize * 3;
  for (const { crop } of images) {
    if (crop.length !== bytes) throw new RangeError(`A crop has ${crop.length} bytes instead of ${bytes}.`);
  }
  const crops = images.map(({ crop }) => crop);
  return { kind: 'image', crops, size: images.length, imageSize, normalization };
}
