/** 8 and 16 bits, 32 bits with a sign, and floating point. */
export type Samples = Uint8Array | Uint16Array | Int32Array | Float32Array;

/** Samples of one picture or of a window of it, row by row, channels interleaved. */
export interface Raster<Kind extends Samples = Uint8Array> {
  /** `width * height * channels` samples. */
  readonly data: Kind;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  /** The picture's column that the raster begins with, where the others were not decoded. Default 0. */
  readonly left?: number;
}

/**
 * A decoded picture, by what Pillow would hold of it: the conventions treat these differently.
 *
 * - `colour`: 8-bit RGB or RGBA. `alpha` says where transparency comes from: a channel of its own, or a `key` colour
 *   (PNG's tRNS, GIF's transparent index), which Pillow keeps beside the pixels. `isIndexed`: Pillow's modes P and 1,
 *   which it resizes by the nearest pixel.
 * - `cmyk`: 8-bit CMYK, 255 is full ink.
 * - `grey16`: 16-bit grey; `key` is the sample that is transparent. `isBigEndian`: Pillow's mode I;16B, whose bytes its
 *   resampling takes for little-endian.
 * - `numbers`: grey in Pillow's modes I and F, which is cut off at 0 and 255.
 */
export type Picture =
  | {
      readonly kind: 'colour';
      readonly raster: Raster;
      readonly alpha: 'none' | 'channel' | 'key';
      readonly isIndexed: boolean;
    }
  | { readonly kind: 'cmyk'; readonly raster: Raster }
  | {
      readonly kind: 'grey16';
      readonly raster: Raster<Uint16Array>;
      readonly key: number | undefined;
      readonly isBigEndian?: boolean;
    }
  | { readonly kind: 'numbers'; readonly raster: Raster<Int32Array> | Raster<Float32Array> };
