import { CLIP_NORMALIZATION } from '../../core/image/index.js';
import type { CropBatch, WireBatch } from '../wire.js';
import { imageAnswer, IMAGE_SIZE, VOCABULARY } from './graphs.js';

/** Ids of texts of many lengths. */
export const TEXTS = Array.from({ length: 40 }, (_, i) =>
  Array.from({ length: 1 + ((i * 7) % 12) }, (__, j) => (i * 13 + j * 29) % (VOCABULARY - 1)),
);
const PADDING_ID = 0;

export function textBatch(texts: readonly (readonly number[])[]): WireBatch {
  const lengths = texts.map((ids) => ids.length);
  const length = Math.max(...lengths);
  const ids = new Int32Array(texts.length * length);
  // Padded with an id of its own text, as CLIP's end marker pads: that must change nothing.
  for (const [row, text] of texts.entries()) {
    ids.set(
      Array.from({ length }, (_, i) => text.at(i) ?? text.at(0) ?? PADDING_ID),
      row * length,
    );
  }
  return { kind: 'text', ids, lengths, size: texts.length, length };
}

/** Pictures of one colour each. */
export function imageBatch(colours: readonly (readonly [number, number, number])[]): CropBatch {
  const plane = IMAGE_SIZE * IMAGE_SIZE;
  const crops = Uint8Array.from(
    { length: colours.length * plane * 3 },
    (_, i) => colours[Math.floor(i / plane / 3)][i % 3],
  );
  return {
    kind: 'image',
    crops: [crops],
    size: colours.length,
    imageSize: IMAGE_SIZE,
    normalization: CLIP_NORMALIZATION,
  };
}

export function expectedOfColour(colour: readonly number[]): number[] {
  const { mean, std } = CLIP_NORMALIZATION;
  return imageAnswer(colour.map((value, c) => (value / 255 - mean[c]) / std[c]));
}
