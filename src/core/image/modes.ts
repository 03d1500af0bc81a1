import type { Picture, Raster } from './raster.js';
import { multiplyDivide255 } from './rounding.js';

/**
 * Where the samples of a conversion go: into memory of their own, or over those that they are made of. No conversion makes a
 * pixel larger, so that none is overwritten before it is read.
 */
export type Target = 'new' | 'same';

/** Room for three samples a pixel. */
function roomForThree({ data, width, height }: Raster, target: Target): Uint8Array {
  const length = width * height * 3;
  return target === 'same' ? data.subarray(0, length) : new Uint8Array(length);
}

/** Without its fourth channel. Source: Pillow src/libImaging/Convert.c, `rgba2rgb`. */
export function dropAlpha(raster: Raster, target: Target = 'new'): Raster {
  if (raster.channels === 3) return raster;
  const { data, width, height } = raster;
  const out = roomForThree(raster, target);
  for (let from = 0, to = 0; to < out.length; from += 4, to += 3) {
    out[to] = data[from];
    out[to + 1] = data[from + 1];
    out[to + 2] = data[from + 2];
  }
  return { data: out, width, height, channels: 3 };
}

function blendWithWhite(value: number, alpha: number): number {
  const blended = (value * alpha + 255 * (255 - alpha)) * 128 + 16384;
  return (((blended >> 8) + blended) >> 8) >> 7;
}

/**
 * Laid over white. Source: Pillow src/libImaging/AlphaComposite.c with an opaque white background, its rounding to
 * the bit.
 */
export function compositeOnWhite(raster: Raster, target: Target = 'new'): Raster {
  const { data, width, height } = raster;
  const out = roomForThree(raster, target);
  for (let from = 0, to = 0; to < out.length; from += 4, to += 3) {
    const alpha = data[from + 3];
    if (alpha === 255) {
      out[to] = data[from];
      out[to + 1] = data[from + 1];
      out[to + 2] = data[from + 2];
    } else if (alpha === 0) {
      out[to] = out[to + 1] = out[to + 2] = 255;
    } else {
      out[to] = blendWithWhite(data[from], alpha);
      out[to + 1] = blendWithWhite(data[from + 1], alpha);
      out[to + 2] = blendWithWhite(data[from + 2], alpha);
    }
  }
  return { data: out, width, height, channels: 3 };
}

/** Source: Pillow src/libImaging/Convert.c, `cmyk2rgb`. */
export function cmykToRgb(raster: Raster, target: Target = 'new'): Raster {
  const { data, width, height } = raster;
  const out = roomForThree(raster, target);
  for (let from = 0, to = 0; to < out.length; from += 4, to += 3) {
    const light = 255 - data[from + 3];
    out[to] = Math.max(0, light - multiplyDivide255(data[from], light));
    out[to + 1] = Math.max(0, light - multiplyDivide255(data[from + 1], light));
    out[to + 2] = Math.max(0, light - multiplyDivide255(data[from + 2], light));
  }
  return { data: out, width, height, channels: 3 };
}

/** Colours multiplied by their alpha, Pillow's mode RGBa. Source: the same file, `rgbA2rgba`. */
export function premultiply({ data, width, height }: Raster, target: Target = 'new'): Raster {
  const out = target === 'same' ? data : new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3];
    out[i] = multiplyDivide255(data[i], alpha);
    out[i + 1] = multiplyDivide255(data[i + 1], alpha);
    out[i + 2] = multiplyDivide255(data[i + 2], alpha);
    out[i + 3] = alpha;
  }
  return { data: out, width, height, channels: 4 };
}

/** Back from RGBa, and the alpha dropped. Source: the same file, `rgba2rgbA`. */
export function unpremultiply(raster: Raster): Raster {
  const { data, width, height } = raster;
  const out = roomForThree(raster, 'new');
  for (let from = 0, to = 0; to < out.length; from += 4, to += 3) {
    const alpha = data[from + 3];
    for (let channel = 0; channel < 3; channel++) {
      const value = data[from + channel];
      out[to + channel] =
        alpha === 0 || alpha === 255 ? value : Math.min(255, Math.trunc((255 * value) / alpha));
    }
  }
  return { data: out, width, height, channels: 3 };
}

/** Grey of 8 bits in three channels, each sample as the table says. */
function lookUpGrey({ data, width, height }: Raster<Uint16Array>, table: Uint8Array): Raster {
  const out = new Uint8Array(width * height * 3);
  for (let pixel = 0, to = 0; to < out.length; pixel++, to += 3) {
    out[to] = out[to + 1] = out[to + 2] = table[data[pixel]];
  }
  return { data: out, width, height, channels: 3 };
}

function greyTable(valueOf: (sample: number) => number): Uint8Array {
  return Uint8Array.from({ length: 65_536 }, (_, sample) => valueOf(sample));
}

/**
 * 16-bit grey cut off at 255, as Pillow's `convert("RGB")` does: all but the darkest pictures turn white.
 * Source: the same file, `I16_L`.
 */
export function clipGrey16(raster: Raster<Uint16Array>): Raster {
  return lookUpGrey(
    raster,
    greyTable((sample) => Math.min(sample, 255)),
  );
}

/** The same, and the transparent value made white. Pillow compares its low byte with the clipped value. */
export function clipGrey16OnWhite(raster: Raster<Uint16Array>, key: number | undefined): Raster {
  const transparent = key === undefined ? undefined : key & 0xff;
  const clip = (sample: number): number => {
    const clipped = Math.min(sample, 255);
    return clipped === transparent ? 255 : clipped;
  };
  return lookUpGrey(raster, greyTable(clip));
}

/** The samples with their two bytes changed over. */
export function swapBytes(raster: Raster<Uint16Array>): Raster<Uint16Array> {
  return { ...raster, data: raster.data.map((sample) => (sample >> 8) | ((sample & 255) << 8)) };
}

/** Numbers cut off at 0 and 255, and their fractions dropped. Source: the same file, `i2rgb` and `f2l`. */
export function clipNumbers({ data, width, height }: Raster<Int32Array> | Raster<Float32Array>): Raster {
  const out = new Uint8Array(width * height * 3);
  for (let pixel = 0, to = 0; to < out.length; pixel++, to += 3) {
    out[to] = out[to + 1] = out[to + 2] = Math.min(Math.max(data[pixel], 0), 255);
  }
  return { data: out, width, height, channels: 3 };
}

/**
 * 16-bit grey scaled to 8 bits by its high byte, as Pillow does with 16-bit colours: what a person expects to see.
 *
 * @param isOnWhite whether the transparent value becomes white; its colour is kept else
 */
export function scaleGrey16(
  { raster, key }: Extract<Picture, { kind: 'grey16' }>,
  isOnWhite: boolean,
): Picture {
  const scale = (sample: number): number => (isOnWhite && sample === key ? 255 : sample >> 8);
  return { kind: 'colour', raster: lookUpGrey(raster, greyTable(scale)), alpha: 'none', isIndexed: false };
}
