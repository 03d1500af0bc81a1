import type { Raster } from './raster.js';

/**
 * Lays a picture with alpha over white, as transformers 5 does before anything else.
 * Source: Pillow src/libImaging/AlphaComposite.c with an opaque white background, its rounding to the bit.
 *
 * @param raster four channels, the last one alpha (0 transparent, 255 opaque)
 * @returns three channels
 */
export function compositeOnWhite({ data, width, height }: Raster): Raster {
  const pixels = width * height;
  const out = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    const alpha = data[i * 4 + 3];
    for (let channel = 0; channel < 3; channel++) {
      const value = data[i * 4 + channel];
      const blended = (value * alpha + 255 * (255 - alpha)) * 128 + 16384;
      out[i * 3 + channel] = alpha === 255 ? value : (((blended >> 8) + blended) >> 8) >> 7;
    }
  }
  return { data: out, width, height, channels: 3 };
}
