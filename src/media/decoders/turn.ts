import type { Raster, Samples } from '../../core/image/index.js';
import { swapsSides, type Orientation } from '../metadata/orientation.js';

/** Whether the source's columns, and its rows, are walked backwards. */
const MIRRORED: Readonly<Record<Orientation, readonly [columns: boolean, rows: boolean]>> = {
  1: [false, false],
  2: [true, false],
  3: [true, true],
  4: [false, true],
  5: [false, false],
  6: [false, true],
  7: [true, true],
  8: [true, false],
};

/** A raster turned upright. */
export function turnRaster<Kind extends Samples>(
  raster: Raster<Kind>,
  orientation: Orientation,
): Raster<Kind> {
  if (orientation === 1) return raster;
  const { data, channels } = raster;
  const isSwapped = swapsSides(orientation);
  const width = isSwapped ? raster.height : raster.width;
  const height = isSwapped ? raster.width : raster.height;
  const [isMirroredAcross, isMirroredDown] = MIRRORED[orientation];
  const across = (isMirroredAcross ? -1 : 1) * channels;
  const down = (isMirroredDown ? -1 : 1) * raster.width * channels;
  const start =
    (isMirroredAcross ? (raster.width - 1) * channels : 0) +
    (isMirroredDown ? (raster.height - 1) * raster.width * channels : 0);
  const [stepX, stepY] = isSwapped ? [down, across] : [across, down];
  const out = (data instanceof Uint8Array ? new Uint8Array(data.length) : data.slice()) as Kind;
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0, from = start + y * stepY; x < width; x++, from += stepX) {
      for (let channel = 0; channel < channels; channel++) out[at++] = data[from + channel];
    }
  }
  return { data: out, width, height, channels };
}
