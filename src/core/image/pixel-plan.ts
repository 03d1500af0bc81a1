import type { Filter } from './filters.js';
import { CLIP_NORMALIZATION, type Normalization } from './tensor.js';

/**
 * Whose conversion of modes is followed:
 * - `hf`: transformers 5 (`CLIPImageProcessorPil`): transparency onto white, then RGB, resize, crop.
 * - `hf4`: transformers 4: transparency dropped; the rest as `hf`.
 * - `openai`: openai/CLIP, open_clip, torchvision on PIL: resized in the picture's own mode, then cropped, then RGB.
 */
export type Convention = 'hf' | 'hf4' | 'openai';

/** Pixels. */
export interface Size {
  readonly height: number;
  readonly width: number;
}

/** The shortest side to a length and the other one in proportion, or both sides to a length, or neither. */
export type Resize = { readonly shortest: number } | Size | 'none';

/**
 * Everything that decides how a picture becomes a model's input, as data: converted as `convention` says, resized,
 * cropped from the centre, then each sample `(value · rescaleFactor - mean) / std`.
 *
 * Steps that a reference leaves out are the values that change nothing: `rescaleFactor` 1, `mean` 0 with `std` 1, a `crop`
 * of the size that the picture is resized to. So two ways to write the same pixels are one plan.
 */
export interface PixelPlan extends Normalization {
  readonly convention: Convention;
  readonly resize: Resize;
  readonly filter: Filter;
  /** The model's input. Where the resized picture is smaller, it is padded with zeros on all sides. */
  readonly crop: Size;
}

/** What a plan says where nothing else is said: CLIP's preparation for a square input of `size` pixels. */
export function clipPlan(size: number): PixelPlan {
  return {
    convention: 'hf',
    resize: { shortest: size },
    filter: 'bicubic',
    crop: { height: size, width: size },
    ...CLIP_NORMALIZATION,
  };
}

/** The same plan for another square input. */
export function withSize(plan: PixelPlan, size: number): PixelPlan {
  const { resize } = plan;
  const square = { height: size, width: size };
  const resized = resize === 'none' ? resize : 'shortest' in resize ? { shortest: size } : square;
  return { ...plan, resize: resized, crop: square };
}

/**
 * A plan in the form that identifies it: the crop, and of the rest what differs from `clipPlan` of that size, in a fixed order.
 * A field that a later version adds has a default here, so that it changes no plan that was written before.
 */
export function canonicalPlan(plan: PixelPlan): Partial<PixelPlan> {
  const { crop, resize } = plan;
  const square = crop.height === crop.width ? clipPlan(crop.height) : undefined;
  const defaults = square ?? { ...clipPlan(0), resize: undefined };
  const resized: Resize =
    resize === 'none'
      ? resize
      : 'shortest' in resize
        ? { shortest: resize.shortest }
        : { height: resize.height, width: resize.width };
  const { convention, rescaleFactor, mean, std } = plan;
  // Nothing is resampled where nothing is resized.
  const filter = resize === 'none' ? defaults.filter : plan.filter;
  const ordered = {
    crop: { height: crop.height, width: crop.width },
    convention,
    resize: resized,
    filter,
    rescaleFactor,
    mean: [...mean],
    std: [...std],
  };
  const differs = ([key, value]: [string, unknown]): boolean =>
    key === 'crop' || JSON.stringify(value) !== JSON.stringify(defaults[key as keyof PixelPlan]);
  return Object.fromEntries(Object.entries(ordered).filter(differs));
}

/** A plan in a sentence. */
export function describePlan(plan: PixelPlan): string {
  const { convention, resize, filter, crop, rescaleFactor, mean, std } = plan;
  const resized =
    resize === 'none'
      ? 'not resized'
      : 'shortest' in resize
        ? `shortest side to ${resize.shortest}, ${filter}`
        : `to ${resize.width} × ${resize.height}, ${filter}`;
  const isExact =
    resize !== 'none' &&
    !('shortest' in resize) &&
    resize.width === crop.width &&
    resize.height === crop.height;
  const cropped = isExact ? '' : `, centre crop ${crop.width} × ${crop.height}`;
  const isRescaled = rescaleFactor !== 1;
  const isShifted = mean.some((value) => value !== 0) || std.some((value) => value !== 1);
  const factor = Math.abs(1 / rescaleFactor - 255) < 1e-9 ? '/ 255' : `· ${rescaleFactor}`;
  const scaled = isRescaled ? `values ${factor}` : 'values as they are';
  const shifted = isShifted ? `, mean ${mean.join(' ')}, std ${std.join(' ')}` : ', not normalised';
  return `${convention}: ${resized}${cropped}, ${scaled}${shifted}`;
}
