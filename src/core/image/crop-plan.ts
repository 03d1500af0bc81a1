import { ClipgraphError } from '../../errors/index.js';
import type { Filter } from './filters.js';
import type { PixelPlan, Resize, Size } from './pixel-plan.js';
import { roundHalfToEven } from './rounding.js';

/** Which Pillow's order of the two resampling passes: 13 and later, or 12 and earlier. */
export type PillowVersion = 13 | 12;

/** A range of rows or columns: `from` inclusive, `to` exclusive. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A rectangle in pixels. */
export interface Window extends Size {
  readonly left: number;
  readonly top: number;
}

/** How one picture becomes the model's input: resized to `resizedWidth` × `resizedHeight`, of which a window is kept. */
export interface CropPlan {
  readonly width: number;
  readonly height: number;
  readonly resizedWidth: number;
  readonly resizedHeight: number;
  readonly filter: Filter;
  /** Whether the rows are resampled before the columns. Each pass rounds, so that the order shows. */
  readonly isRowsFirst: boolean;
  /** The part of the resized picture that is kept. */
  readonly window: Window;
  /** The model's input, and where the window lies in it: around it are zeros where the resized picture is too small. */
  readonly output: Window;
}

/** The size after the resize: the long side is multiplied before it is divided, then cut; the other order gives another size for some pictures. */
function resizedSize(width: number, height: number, resize: Resize): Size {
  if (resize === 'none') return { width, height };
  if (!('shortest' in resize)) return resize;
  const { shortest } = resize;
  return width <= height
    ? { width: shortest, height: Math.trunc((shortest * height) / width) }
    : { width: Math.trunc((shortest * width) / height), height: shortest };
}

/** Along one axis: what is kept of `size`, and how much comes before it in a crop of `cropSize`. */
function centre(
  size: number,
  cropSize: number,
  isTorchvision: boolean,
): { start: number; length: number; before: number } {
  const spare = size - cropSize;
  // Both references round the centre down where they cut, torchvision half to even; where they pad, they differ too.
  if (spare >= 0) {
    const start = isTorchvision ? roundHalfToEven(spare / 2) : Math.floor(spare / 2);
    return { start, length: cropSize, before: 0 };
  }
  const before = isTorchvision ? Math.floor(-spare / 2) : Math.ceil(-spare / 2);
  return { start: 0, length: size, before };
}

/**
 * What a plan means for one picture.
 *
 * Pillow 13 resamples the rows first where the height shrinks by more than twice what the width does; Pillow 12 always
 * the columns.
 *
 * @param width, height of the picture in pixels, from 1
 * @param pillow default 13
 * @throws UNDECODABLE_IMAGE for a picture without pixels
 * Sources: transformers `get_resize_output_image_size` and `center_crop` (image_transforms.py); torchvision
 * `_compute_resized_output_size` and `center_crop`; the order of passes was fitted to Pillow 13.0.0.
 */
export function planCrop(
  width: number,
  height: number,
  { resize, filter, crop, convention }: Pick<PixelPlan, 'resize' | 'filter' | 'crop' | 'convention'>,
  pillow: PillowVersion = 13,
): CropPlan {
  if (!(width >= 1 && height >= 1)) {
    throw new ClipgraphError(
      'UNDECODABLE_IMAGE',
      `The picture is ${width} × ${height} pixels: it has no content.`,
    );
  }
  const resized = resizedSize(width, height, resize);
  const isTorchvision = convention === 'openai';
  const across = centre(resized.width, crop.width, isTorchvision);
  const down = centre(resized.height, crop.height, isTorchvision);
  return {
    width,
    height,
    resizedWidth: resized.width,
    resizedHeight: resized.height,
    filter,
    isRowsFirst:
      pillow === 13 && height > resized.height && height - resized.height > 2 * (width - resized.width),
    window: { left: across.start, top: down.start, width: across.length, height: down.length },
    output: { left: across.before, top: down.before, width: crop.width, height: crop.height },
  };
}
