import type { Raster } from '../../core/image/index.js';
import { ClipgraphError } from '../../errors/index.js';
import type { PngHeader } from '../metadata/png-header.js';
import { inflatedRows, passesOf } from './bare-png.js';

function undecodable(reason: string, cause?: unknown): ClipgraphError {
  const message = `The picture starts like a PNG file but cannot be decoded: ${reason}.`;
  return new ClipgraphError('UNDECODABLE_IMAGE', message, { cause });
}

function paeth(left: number, above: number, corner: number): number {
  const estimate = left + above - corner;
  const toLeft = Math.abs(estimate - left);
  const toAbove = Math.abs(estimate - above);
  const toCorner = Math.abs(estimate - corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

/** Undoes the filter of a row in place; pixels of a byte or less. Source: the specification, 9.2. */
function unfilter(filter: number, row: Uint8Array, above: Uint8Array): void {
  switch (filter) {
    case 0:
      return;
    case 1:
      for (let i = 1; i < row.length; i++) row[i] += row[i - 1];
      return;
    case 2:
      for (let i = 0; i < row.length; i++) row[i] += above[i];
      return;
    case 3:
      for (let i = 0; i < row.length; i++) row[i] += ((i > 0 ? row[i - 1] : 0) + above[i]) >> 1;
      return;
    case 4:
      for (let i = 0; i < row.length; i++)
        row[i] += paeth(i > 0 ? row[i - 1] : 0, above[i], i > 0 ? above[i - 1] : 0);
      return;
    default:
      throw undecodable(`a row has the filter ${filter}`);
  }
}

async function rowsOf(header: PngHeader): Promise<Uint8Array> {
  try {
    return await inflatedRows(header);
  } catch (cause) {
    throw undecodable('its data is damaged or cut short', cause);
  }
}

/**
 * The indices of a picture with a palette. libvips gives its colours only, and takes transparency otherwise than Pillow.
 *
 * @throws UNDECODABLE_IMAGE
 * Source: PNG specification, third edition, 7 to 10.
 */
export async function decodeIndices(header: PngHeader): Promise<Raster> {
  const { width, height, depth } = header;
  if (![1, 2, 4, 8].includes(depth)) throw undecodable(`its palette has indices of ${depth} bits`);
  const packed = await rowsOf(header);
  const out = new Uint8Array(width * height);
  const mask = (1 << depth) - 1;
  let at = 0;
  for (const { left, top, across, down, columns, rows, rowBytes } of passesOf(header)) {
    let above: Uint8Array = new Uint8Array(rowBytes);
    for (let y = 0; y < rows; y++, at += rowBytes + 1) {
      const row = packed.subarray(at + 1, at + 1 + rowBytes);
      unfilter(packed[at], row, above);
      above = row;
      const to = (top + y * down) * width + left;
      if (depth === 8 && across === 1) out.set(row, to);
      else
        for (let x = 0, bit = 0; x < columns; x++, bit += depth)
          out[to + x * across] = (row[bit >> 3] >> (8 - depth - (bit & 7))) & mask;
    }
  }
  return { data: out, width, height, channels: 1 };
}
