import type { CropPlan } from './crop-plan.js';
import {
  clipGrey16,
  clipGrey16OnWhite,
  clipNumbers,
  cmykToRgb,
  compositeOnWhite,
  dropAlpha,
  premultiply,
  scaleGrey16,
  swapBytes,
  unpremultiply,
  type Target,
} from './modes.js';
import type { Convention } from './pixel-plan.js';
import type { Picture, Raster } from './raster.js';
import { nearestCrop, resampleCrop16, resampleNumbers } from './resample.js';
import { resampleFast } from './resample-fast.js';

export interface PrepareOptions {
  readonly convention: Convention;
  /** 16-bit grey is cut off at 255, as the references do, instead of scaled. Default false. */
  readonly strict?: boolean;
  /** The picture's samples are not needed any more, and may be written over: large pictures take half the memory. Default false. */
  readonly isConsumed?: boolean;
}

/** `hf` and `hf4`: to RGB first, then resized. */
function toRgb(picture: Picture, isOnWhite: boolean, target: Target): Raster {
  switch (picture.kind) {
    case 'cmyk':
      return cmykToRgb(picture.raster, target);
    case 'grey16':
      return isOnWhite ? clipGrey16OnWhite(picture.raster, picture.key) : clipGrey16(picture.raster);
    case 'numbers':
      return clipNumbers(picture.raster);
    case 'colour':
      return isOnWhite && picture.alpha !== 'none'
        ? compositeOnWhite(picture.raster, target)
        : dropAlpha(picture.raster, target);
  }
}

/** Laid into the model's input, with zeros around it. */
function padded(raster: Raster, { output }: CropPlan): Raster {
  const { data, width, height, channels } = raster;
  if (width === output.width && height === output.height) return raster;
  const out = new Uint8Array(output.width * output.height * channels);
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * width * channels, (y + 1) * width * channels);
    out.set(row, ((y + output.top) * output.width + output.left) * channels);
  }
  return { data: out, width: output.width, height: output.height, channels };
}

function resampleGrey16(
  { raster, isBigEndian = false }: Extract<Picture, { kind: 'grey16' }>,
  plan: CropPlan,
): Raster<Uint16Array> {
  return isBigEndian ? swapBytes(resampleCrop16(swapBytes(raster), plan)) : resampleCrop16(raster, plan);
}

/** `openai`: resized, and padded, in the picture's own mode, then to RGB. No ink is white. */
function resizeInMode(picture: Picture, plan: CropPlan, target: Target): Raster {
  switch (picture.kind) {
    case 'cmyk':
      return cmykToRgb(padded(resampleFast(picture.raster, plan), plan));
    case 'grey16':
      return padded(clipGrey16(resampleGrey16(picture, plan)), plan);
    case 'numbers':
      return padded(clipNumbers(resampleNumbers(picture.raster, plan)), plan);
    case 'colour': {
      const { raster, alpha, isIndexed } = picture;
      if (isIndexed) return padded(nearestCrop(dropAlpha(raster, target), plan), plan);
      const isSameSize = plan.width === plan.resizedWidth && plan.height === plan.resizedHeight;
      // Pillow takes the alpha of a channel into account where it weighs pixels, never that of a key colour.
      const isWeighed = plan.filter !== 'nearest' && !isSameSize;
      if (alpha !== 'channel' || !isWeighed)
        return padded(resampleFast(dropAlpha(raster, target), plan), plan);
      return padded(unpremultiply(resampleFast(premultiply(raster, target), plan)), plan);
    }
  }
}

/**
 * A decoded picture to the model's crop, to the bit as the convention's reference makes it.
 *
 * @param plan of the same convention, from `planCrop`
 * @returns RGB pixels of the size of `plan.output`
 */
export function preparePicture(
  picture: Picture,
  plan: CropPlan,
  { convention, strict = false, isConsumed = false }: PrepareOptions,
): Uint8Array {
  const isOnWhite = convention === 'hf';
  const target = isConsumed ? 'same' : 'new';
  const seen = picture.kind === 'grey16' && !strict ? scaleGrey16(picture, isOnWhite) : picture;
  if (convention === 'openai') return resizeInMode(seen, plan, target).data;
  return padded(resampleFast(toRgb(seen, isOnWhite, target), plan), plan).data;
}
