import { ClipgraphError } from '../../errors/index.js';

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
}

/**
 * Plans the resize of the shortest side to `size` and the centre crop.
 *
 * The long side is `int(size · long / short)`: multiplied before it is divided, then cut. The other order of
 * operations gives another size for some pictures. The crop's offset is rounded down.
 *
 * @param width, height of the picture in pixels, from 1
 * @param size the model's input edge in pixels
 * Source: transformers `get_resize_output_image_size` and `center_crop` (image_transforms.py).
 */
export function planCrop(width: number, height: number, size: number): CropPlan {
  if (!(width >= 1 && height >= 1)) {
    throw new ClipgraphError(
      'UNDECODABLE_IMAGE',
      `The picture is ${width} × ${height} pixels: it has no content.`,
    );
  }
  const resizedWidth = width <= height ? size : Math.trunc((size * width) / height);
  const resizedHeight = width <= height ? Math.trunc((size * height) / width) : size;
  return {
    width,
    height,
    resizedWidth,
    resizedHeight,
    left: Math.floor((resizedWidth - size) / 2),
    top: Math.floor((resizedHeight - size) / 2),
    size,
  };
}
