import { ClipgraphError } from '../../errors/index.js';
import { roundHalfToEven } from './rounding.js';

/**
 * Whose preparation is followed:
 * - `hf`: transformers 5 (`CLIPImageProcessorPil`): transparency onto white, then RGB, resize, crop.
 * - `hf4`: transformers 4: transparency dropped; the rest as `hf`.
 * - `openai`: openai/CLIP, open_clip, torchvision on PIL: resized in the picture's own mode, then cropped, then RGB.
 */
export type Convention = 'hf' | 'hf4' | 'openai';

/** Which Pillow's order of the two resampling passes: 13 and later, or 12 and earlier. */
export type PillowVersion = 13 | 12;

/** A range of rows or columns: `from` inclusive, `to` exclusive. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** How a picture becomes the model's square: resized to `resizedWidth` × `resizedHeight`, of which a window is kept. */
export interface CropPlan {
  readonly width: number;
  readonly height: number;
  readonly resizedWidth: number;
  readonly resizedHeight: number;
  /** The window's left and top edge in the resized picture, in pixels. */
  readonly left: number;
  readonly top: number;
  /** The window's edge in pixels. */
  readonly size: number;
  /** Whether the rows are resampled before the columns. Each pass rounds, so that the order shows. */
  readonly isRowsFirst: boolean;
}

export interface CropOptions {
  /** Default `hf`. */
  readonly convention?: Convention;
  /** Default 13. */
  readonly pillow?: PillowVersion;
}

/**
 * Plans the resize of the shortest side to `size` and the centre crop.
 *
 * The long side is `int(size · long / short)`: multiplied before it is divided, then cut; the other order gives
 * another size for some pictures. The crop's offset is rounded down, in `openai` half to even.
 *
 * Pillow 13 resamples the rows first where the height shrinks by more than twice what the width does; Pillow 12 always
 * the columns.
 *
 * @param width, height of the picture in pixels, from 1
 * @param size the model's input edge in pixels
 * @throws UNDECODABLE_IMAGE for a picture without pixels
 * Sources: transformers `get_resize_output_image_size` and `center_crop` (image_transforms.py); torchvision
 * `_compute_resized_output_size` and `center_crop`; the order of passes was fitted to Pillow 13.0.0.
 */
export function planCrop(
  width: number,
  height: number,
  size: number,
  { convention = 'hf', pillow = 13 }: CropOptions = {},
): CropPlan {
  if (!(width >= 1 && height >= 1)) {
    throw new ClipgraphError(
      'UNDECODABLE_IMAGE',
      `The picture is ${width} × ${height} pixels: it has no content.`,
    );
  }
  const resizedWidth = width <= height ? size : Math.trunc((size * width) / height);
  const resizedHeight = width <= height ? Math.trunc((size * height) / width) : size;
  const offset = convention === 'openai' ? roundHalfToEven : Math.floor;
  return {
    width,
    height,
    resizedWidth,
    resizedHeight,
    left: offset((resizedWidth - size) / 2),
    top: offset((resizedHeight - size) / 2),
    size,
    isRowsFirst:
      pillow === 13 && height > resizedHeight && height - resizedHeight > 2 * (width - resizedWidth),
  };
}
