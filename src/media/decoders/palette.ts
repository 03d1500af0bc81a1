import type { Picture, Raster } from '../../core/image/index.js';

const COLOURS = 256;

/**
 * Indices as the colours of a palette, Pillow's mode P. An index without a colour is black, a colour without an alpha is
 * opaque, and alphas without a colour do no harm.
 *
 * @param palette three bytes a colour
 * @param alphas of the first colours; undefined where the picture knows no transparency
 * Source: Pillow src/libImaging/Palette.c.
 */
export function colourIndices(
  { data, width, height }: Raster,
  palette: Uint8Array,
  alphas: Uint8Array | undefined,
): Extract<Picture, { kind: 'colour' }> {
  const table = new Uint8Array(COLOURS * 4);
  for (let index = 0; index < COLOURS; index++) {
    const hasColour = index * 3 + 3 <= palette.length;
    for (let channel = 0; channel < 3; channel++)
      table[index * 4 + channel] = hasColour ? palette[index * 3 + channel] : 0;
    table[index * 4 + 3] = alphas?.[index] ?? 255;
  }
  const packed = new Uint32Array(table.buffer);
  const out = new Uint32Array(width * height);
  for (let i = 0; i < out.length; i++) out[i] = packed[data[i]];
  return {
    kind: 'colour',
    raster: { data: new Uint8Array(out.buffer), width, height, channels: 4 },
    alpha: alphas === undefined ? 'none' : 'key',
    isIndexed: true,
  };
}
