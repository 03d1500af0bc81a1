import { constants, inflateSync } from 'node:zlib';
import type { Raster } from '../../core/image/index.js';
import { ClipgraphError } from '../../errors/index.js';
import type { PngHeader } from '../metadata/png-header.js';

interface Pass {
  readonly left: number;
  readonly top: number;
  readonly across: number;
  readonly down: number;
}

const WHOLE: readonly Pass[] = [{ left: 0, top: 0, across: 1, down: 1 }];
/** Source: PNG specification, third edition, 8.2. */
const ADAM7: readonly Pass[] = [
  { left: 0, top: 0, across: 8, down: 8 },
  { left: 4, top: 0, across: 8, down: 8 },
  { left: 0, top: 4, across: 4, down: 8 },
  { left: 2, top: 0, across: 4, down: 4 },
  { left: 0, top: 2, across: 2, down: 4 },
  { left: 1, top: 0, across: 2, down: 2 },
  { left: 0, top: 1, across: 1, down: 2 },
];
/** Bytes of data that may follow the picture's. */
const SLACK = 65_536;

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

function inflate(data: readonly Uint8Array[], length: number): Uint8Array {
  let inflated: Uint8Array;
  try {
    inflated = inflateSync(Buffer.concat(data), {
      maxOutputLength: length + SLACK,
      finishFlush: constants.Z_SYNC_FLUSH, // The check sum at the end may be missing, as Pillow has it.
    });
  } catch (cause) {
    throw undecodable('its data is damaged', cause);
  }
  if (inflated.length < length) throw undecodable('it is cut short');
  return inflated;
}

/**
 * The indices of a picture with a palette. libvips gives its colours only, and takes transparency otherwise than Pillow.
 *
 * @throws UNDECODABLE_IMAGE
 * Source: PNG specification, third edition, 7 to 10.
 */
export function decodeIndices({ width, height, depth, isInterlaced, data }: PngHeader): Raster {
  if (![1, 2, 4, 8].includes(depth)) throw undecodable(`its palette has indices of ${depth} bits`);
  const passes = (isInterlaced ? ADAM7 : WHOLE)
    .map((pass) => {
      const columns = Math.max(0, Math.ceil((width - pass.left) / pass.across));
      const rows = Math.max(0, Math.ceil((height - pass.top) / pass.down));
      return { ...pass, columns, rows, rowBytes: Math.ceil((columns * depth) / 8) };
    })
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
  const length = passes.reduce((sum, { rows, rowBytes }) => sum + rows * (rowBytes + 1), 0);
  const packed = inflate(data, length);
  const out = new Uint8Array(width * height);
  const mask = (1 << depth) - 1;
  let at = 0;
  for (const { left, top, across, down, columns, rows, rowBytes } of passes) {
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
