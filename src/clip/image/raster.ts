/** 8-bit samples, row by row, channels interleaved: `data.length === width * height * channels`. */
export interface Raster {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
}
