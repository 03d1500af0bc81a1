import type { Filter, PillowVersion, Raster } from '../../src/core/image/index.js';

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));

/** Support and weight of each filter, as Resample.c has them. */
const WEIGHTS: Record<Exclude<Filter, 'nearest'>, readonly [number, (x: number) => number]> = {
  box: [0.5, (x) => (-0.5 < x && x <= 0.5 ? 1 : 0)],
  bilinear: [1, (x) => (Math.abs(x) < 1 ? 1 - Math.abs(x) : 0)],
  hamming: [
    1,
    (x) => {
      if (x === 0) return 1;
      const t = Math.abs(x) * Math.PI;
      return Math.abs(x) >= 1 ? 0 : (Math.sin(t) / t) * (0.54 + 0.46 * Math.cos(t));
    },
  ],
  bicubic: [
    2,
    (given) => {
      const x = Math.abs(given);
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
    },
  ],
  lanczos: [3, (x) => (-3 <= x && x < 3 ? sinc(x) * sinc(x / 3) : 0)],
};

/** What one output of a row or column is made of. */
function weightsOf(
  input: number,
  output: number,
  at: number,
  filter: keyof typeof WEIGHTS,
): { from: number; fixed: readonly number[] } {
  const [support, weigh] = WEIGHTS[filter];
  const scale = input / output;
  const shrink = scale < 1 ? 1 : scale;
  const centre = (at + 0.5) * scale;
  const from = Math.max(0, Math.trunc(centre - support * shrink + 0.5));
  const to = Math.min(input, Math.trunc(centre + support * shrink + 0.5));
  const weights: number[] = [];
  for (let i = from; i < to; i++) weights.push(weigh((i - centre + 0.5) * (1 / shrink)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const fixed = weights.map((weight) => {
    const share = (total === 0 ? weight : weight / total) * 4194304;
    return Math.trunc(share < 0 ? share - 0.5 : share + 0.5);
  });
  return { from, fixed };
}

function pass(raster: Raster, isAcross: boolean, output: number, filter: keyof typeof WEIGHTS): Raster {
  const { data, channels } = raster;
  const width = isAcross ? output : raster.width;
  const height = isAcross ? raster.height : output;
  const input = isAcross ? raster.width : raster.height;
  if (input === output) return raster;
  const out = new Uint8Array(width * height * channels);
  const weights = Array.from({ length: output }, (_, at) => weightsOf(input, output, at, filter));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const { from, fixed } = weights[isAcross ? x : y];
      for (let c = 0; c < channels; c++) {
        let sum = 2097152;
        for (const [i, weight] of fixed.entries()) {
          const pixel = isAcross ? y * raster.width + from + i : (from + i) * width + x;
          sum += weight * data[pixel * channels + c];
        }
        out[(y * width + x) * channels + c] = Math.min(255, Math.max(0, Math.floor(sum / 4194304)));
      }
    }
  }
  return { data: out, width, height, channels };
}

/**
 * Pillow's resize of a whole picture, slowly and obviously: all of it, written from the
 * rules of Resample.c and, for `nearest`, of Geometry.c.
 */
export function slowResize(
  raster: Raster,
  width: number,
  height: number,
  filter: Filter,
  pillow: PillowVersion = 13,
): Raster {
  if (filter === 'nearest') {
    const positions = (input: number, output: number): number[] => {
      const step = input / output;
      const found: number[] = [];
      for (let i = 0, at = step * 0.5; i < output; i++, at += step) found.push(Math.trunc(at));
      return found;
    };
    const columns = positions(raster.width, width);
    const data = positions(raster.height, height).flatMap((y) =>
      columns.flatMap((x) => {
        const from = (y * raster.width + x) * raster.channels;
        return [...raster.data.subarray(from, from + raster.channels)];
      }),
    );
    return { data: Uint8Array.from(data), width, height, channels: raster.channels };
  }
  const across = (given: Raster): Raster => pass(given, true, width, filter);
  const down = (given: Raster): Raster => pass(given, false, height, filter);
  const isRowsFirst =
    pillow === 13 && raster.height > height && raster.height - height > 2 * (raster.width - width);
  return isRowsFirst ? across(down(raster)) : down(across(raster));
}

/** A centre crop, or the picture in the middle of zeros: each pixel of the result by itself. */
export function slowCrop(raster: Raster, width: number, height: number): Uint8Array {
  const left = Math.floor((raster.width - width) / 2);
  const top = Math.floor((raster.height - height) / 2);
  const { channels } = raster;
  const out = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [fromX, fromY] = [x + left, y + top];
      if (fromX < 0 || fromY < 0 || fromX >= raster.width || fromY >= raster.height) continue;
      for (let c = 0; c < channels; c++)
        out[(y * width + x) * channels + c] = raster.data[(fromY * raster.width + fromX) * channels + c];
    }
  }
  return out;
}
