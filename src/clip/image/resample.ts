import { bicubicTaps, PRECISION_BITS, type Taps } from './bicubic.js';
import type { CropPlan, Span } from './crop-plan.js';
import type { Raster } from './raster.js';

/** Rounds a fixed-point sum to 8 bits. Source: Pillow src/libImaging/Resample.c, `clip8`. */
function clip8(sum: number): number {
  const value = sum >> PRECISION_BITS;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

const HALF = 1 << (PRECISION_BITS - 1);

/** The columns of `rows` resampled: `taps.first.length` columns remain. */
function resampleColumns({ data, width, channels }: Raster, rows: Span, taps: Taps): Raster {
  const { first, count, weights, stride } = taps;
  const outputs = first.length;
  const height = rows.to - rows.from;
  const out = new Uint8Array(outputs * height * channels);
  let at = 0;
  for (let y = rows.from; y < rows.to; y++) {
    for (let output = 0; output < outputs; output++) {
      let sample = (y * width + first[output]) * channels;
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      let alpha = HALF;
      const end = output * stride + count[output];
      for (let w = output * stride; w < end; w++, sample += channels) {
        const weight = weights[w];
        red += data[sample] * weight;
        green += data[sample + 1] * weight;
        blue += data[sample + 2] * weight;
        if (channels === 4) alpha += data[sample + 3] * weight;
      }
      out[at] = clip8(red);
      out[at + 1] = clip8(green);
      out[at + 2] = clip8(blue);
      if (channels === 4) out[at + 3] = clip8(alpha);
      at += channels;
    }
  }
  return { data: out, width: outputs, height, channels };
}

/** The rows of `columns` resampled. `taps` count from the picture's top; `raster` starts at its row `top`. */
function resampleRows({ data, width, channels }: Raster, columns: Span, taps: Taps, top: number): Raster {
  const { first, count, weights, stride } = taps;
  const outputs = first.length;
  const samples = (columns.to - columns.from) * channels;
  const out = new Uint8Array(outputs * samples);
  const sums = new Int32Array(samples);
  for (let output = 0; output < outputs; output++) {
    sums.fill(HALF);
    for (let i = 0; i < count[output]; i++) {
      const weight = weights[output * stride + i];
      const row = ((first[output] + i - top) * width + columns.from) * channels;
      for (let x = 0; x < samples; x++) sums[x] += data[row + x] * weight;
    }
    for (let x = 0; x < samples; x++) out[output * samples + x] = clip8(sums[x]);
  }
  return { data: out, width: columns.to - columns.from, height: outputs, channels };
}

function cut({ data, width, channels }: Raster, columns: Span, rows: Span): Raster {
  const length = (columns.to - columns.from) * channels;
  const height = rows.to - rows.from;
  const out = new Uint8Array(length * height);
  for (let y = 0; y < height; y++) {
    const row = ((y + rows.from) * width + columns.from) * channels;
    out.set(data.subarray(row, row + length), y * length);
  }
  return { data: out, width: columns.to - columns.from, height, channels };
}

/**
 * Pillow 13's order of the two passes, each of which rounds to 8 bits: rows first where the height shrinks by more
 * than twice what the width does. Source: `facts/exactness.md` §2.1, fitted to Pillow 13.0.0 over 1,439 geometries.
 */
function resamplesRowsFirst({ width, height, resizedWidth, resizedHeight }: CropPlan): boolean {
  return height > resizedHeight && height - resizedHeight > 2 * (width - resizedWidth);
}

/**
 * The window of the resized picture that the plan keeps, with Pillow's bicubic to the bit. Only the rows and columns
 * that the window needs are computed.
 *
 * @returns `plan.size × plan.size` pixels with the raster's channels
 */
export function resampleCrop(raster: Raster, plan: CropPlan): Raster {
  const { width, height, resizedWidth, resizedHeight, size } = plan;
  const columns = { from: plan.left, to: plan.left + size };
  const rows = { from: plan.top, to: plan.top + size };
  // Pillow skips the pass of an axis that keeps its size.
  const across = width === resizedWidth ? undefined : bicubicTaps(width, resizedWidth, columns);
  const down = height === resizedHeight ? undefined : bicubicTaps(height, resizedHeight, rows);

  if (across === undefined && down === undefined) return cut(raster, columns, rows);
  if (across === undefined) return down === undefined ? raster : resampleRows(raster, columns, down, 0);
  if (down === undefined) return resampleColumns(raster, rows, across);
  if (resamplesRowsFirst(plan)) {
    const tall = resampleRows(raster, across.inputs, down, 0);
    const shifted = { ...across, first: across.first.map((input) => input - across.inputs.from) };
    return resampleColumns(tall, { from: 0, to: size }, shifted);
  }
  const wide = resampleColumns(raster, down.inputs, across);
  return resampleRows(wide, { from: 0, to: size }, down, down.inputs.from);
}
