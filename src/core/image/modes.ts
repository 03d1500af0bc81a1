import type { Picture, Raster } from './raster.js';
import { multiplyDivide255 } from './rounding.js';

/** A raster of three channels made pixel by pixel. */
function toThree(
  { width, height }: Pick<Raster, 'width' | 'height'>,
  write: (pixel: number, out: Uint8Array, at: number) => void,
): Raster {
  const out = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) write(pixel, out, pixel * 3);
  return { data: out, width, height, channels: 3 };
}

/** Without its fourth channel. Source: Pillow src/libImaging/Convert.c, `rgba2rgb`. */
export function dropAlpha(raster: Raster): Raster {
  if (raster.channels === 3) return raster;
  const { data } = raster;
  return toThree(raster, (pixel, out, at) => {
    for (let channel = 0; channel < 3; channel++) out[at + channel] = data[pixel * 4 + channel];
  });
}

/**
 * Laid over white. Source: Pillow src/libImaging/AlphaComposite.c with an opaque white background, its rounding to
 * the bit.
 */
export function compositeOnWhite(raster: Raster): Raster {
  const { data } = raster;
  return toThree(raster, (pixel, out, at) => {
    const alpha = data[pixel * 4 + 3];
    for (let channel = 0; channel < 3; channel++) {
      const value = data[pixel * 4 + channel];
      const blended = (value * alpha + 255 * (255 - alpha)) * 128 + 16384;
      out[at + channel] = alpha === 255 ? value : (((blended >> 8) + blended) >> 8) >> 7;
    }
  });
}

/** Source: Pillow src/libImaging/Convert.c, `cmyk2rgb`. */
export function cmykToRgb(raster: Raster): Raster {
  const { data } = raster;
  return toThree(raster, (pixel, out, at) => {
    const light = 255 - data[pixel * 4 + 3];
    for (let channel = 0; channel < 3; channel++) {
      out[at + channel] = Math.max(0, light - multiplyDivide255(data[pixel * 4 + channel], light));
    }
  });
}

/** Colours multiplied by their alpha, Pillow's mode RGBa. Source: the same file, `rgbA2rgba`. */
export function premultiply({ data, width, height }: Raster): Raster {
  const out = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3];
    for (let channel = 0; channel < 3; channel++)
      out[i + channel] = multiplyDivide255(data[i + channel], alpha);
    out[i + 3] = alpha;
  }
  return { data: out, width, height, channels: 4 };
}

/** Back from RGBa, and the alpha dropped. Source: the same file, `rgba2rgbA`. */
export function unpremultiply(raster: Raster): Raster {
  const { data } = raster;
  return toThree(raster, (pixel, out, at) => {
    const alpha = data[pixel * 4 + 3];
    for (let channel = 0; channel < 3; channel++) {
      const value = data[pixel * 4 + channel];
      out[at + channel] =
        alpha === 0 || alpha === 255 ? value : Math.min(255, Math.trunc((255 * value) / alpha));
    }
  });
}

/**
 * 16-bit grey cut off at 255, as Pillow's `convert("RGB")` does: all but the darkest pictures turn white.
 * Source: the same file, `I16_L`.
 */
export function clipGrey16(raster: Raster<Uint16Array>): Raster {
  return toThree(raster, (pixel, out, at) => {
    out.fill(Math.min(raster.data[pixel], 255), at, at + 3);
  });
}

/** The same, and the transparent value made white. Pillow compares its low byte with the clipped value. */
export function clipGrey16OnWhite(raster: Raster<Uint16Array>, key: number | undefined): Raster {
  const clipped = clipGrey16(raster);
  if (key !== undefined) {
    for (let i = 0; i < clipped.data.length; i++) if (clipped.data[i] === (key & 0xff)) clipped.data[i] = 255;
  }
  return clipped;
}

/** 16-bit grey scaled to 8 bits by its high byte, as Pillow does with 16-bit colours: what a person expects to see. */
export function scaleGrey16({ raster, key }: Extract<Picture, { kind: 'grey16' }>): Picture {
  const { data, width, height } = raster;
  const out = new Uint8Array(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    out.fill(data[i] >> 8, i * 4, i * 4 + 3);
    out[i * 4 + 3] = data[i] === key ? 0 : 255;
  }
  const scaled: Raster = { data: out, width, height, channels: 4 };
  return { kind: 'colour', raster: scaled, alpha: key === undefined ? 'none' : 'key', isIndexed: false };
}
