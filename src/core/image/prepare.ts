import type { Convention, CropPlan } from './crop-plan.js';
import {
  clipGrey16,
  clipGrey16OnWhite,
  cmykToRgb,
  compositeOnWhite,
  dropAlpha,
  premultiply,
  scaleGrey16,
  unpremultiply,
} from './modes.js';
import type { Picture, Raster } from './raster.js';
import { nearestCrop, resampleCrop16 } from './resample.js';
import { resampleFast } from './resample-fast.js';

export interface PrepareOptions {
  readonly convention: Convention;
  /** 16-bit grey is cut off at 255, as the references do, instead of scaled. Default false. */
  readonly strict?: boolean;
}

/** `hf` and `hf4`: to RGB first, then resized. */
function toRgb(picture: Picture, isOnWhite: boolean): Raster {
  switch (picture.kind) {
    case 'cmyk':
      return cmykToRgb(picture.raster);
    case 'grey16':
      return isOnWhite ? clipGrey16OnWhite(picture.raster, picture.key) : clipGrey16(picture.raster);
    case 'colour':
      return isOnWhite && picture.alpha !== 'none'
        ? compositeOnWhite(picture.raster)
        : dropAlpha(picture.raster);
  }
}

/** `openai`: resized in the picture's own mode, then to RGB. */
function resizeInMode(picture: Picture, plan: CropPlan): Raster {
  switch (picture.kind) {
    case 'cmyk':
      return cmykToRgb(resampleFast(picture.raster, plan));
    case 'grey16':
      return clipGrey16(resampleCrop16(picture.raster, plan));
    case 'colour': {
      const { raster, alpha, isIndexed } = picture;
      if (isIndexed) return nearestCrop(dropAlpha(raster), plan);
      const isSameSize = plan.width === plan.resizedWidth && plan.height === plan.resizedHeight;
      // Pillow takes the alpha of a channel into account, not that of a key colour; and it only copies where the size stays.
      if (alpha !== 'channel' || isSameSize) return resampleFast(dropAlpha(raster), plan);
      return unpremultiply(resampleFast(premultiply(raster), plan));
    }
  }
}

/**
 * A decoded picture to the model's crop, to the bit as the convention's reference makes it.
 *
 * @param plan of the same convention, from `planCrop`
 * @returns `plan.size × plan.size` RGB pixels
 */
export function preparePicture(
  picture: Picture,
  plan: CropPlan,
  { convention, strict = false }: PrepareOptions,
): Uint8Array {
  const seen = picture.kind === 'grey16' && !strict ? scaleGrey16(picture) : picture;
  if (convention === 'openai') return resizeInMode(seen, plan).data;
  return resampleFast(toRgb(seen, convention === 'hf'), plan).data;
}
