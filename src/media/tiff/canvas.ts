import type { Samples } from '../../core/image/index.js';
import type { TiffHeader } from './header.js';
import type { Layout } from './layout.js';

/** Where the samples of a picture are gathered: `layout.kept` of each pixel, row by row. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly samples: Samples;
}

/** A piece of the picture as it was stored, unpacked. */
export interface Piece {
  readonly data: Uint8Array;
  /** Bytes from one row to the next. */
  readonly stride: number;
  readonly left: number;
  readonly top: number;
  readonly columns: number;
  readonly rows: number;
  /** The band that it holds, where bands are stored apart. */
  readonly band?: number;
  /** The order of its bytes. */
  readonly isLittle: boolean;
  /** Whether the lowest bits come first. */
  readonly isReversed: boolean;
}

/** Each byte with its bits in the other order. */
export const REVERSED = Uint8Array.from({ length: 256 }, (_, byte) => {
  let out = 0;
  for (let bit = 0; bit < 8; bit++) out |= ((byte >> bit) & 1) << (7 - bit);
  return out;
});

export function blankCanvas({ width, height }: TiffHeader, { kind, kept }: Layout): Canvas {
  const length = width * height * kept;
  switch (kind) {
    case 'grey16':
      return { width, height, samples: new Uint16Array(length) };
    case 'integer':
      return { width, height, samples: new Int32Array(length) };
    case 'float':
      return { width, height, samples: new Float32Array(length) };
    default:
      return { width, height, samples: new Uint8Array(length) };
  }
}

/** How a sample of a row is read, counted over all stored samples of the row. */
function reader({ bits, kind, isSigned }: Layout, piece: Piece): (row: number, index: number) => number {
  const { data, isLittle, isReversed } = piece;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const byte = isReversed ? (at: number) => REVERSED[data[at]] : (at: number) => data[at];
  switch (bits) {
    case 8:
      return (row, index) => byte(row + index);
    case 12:
      return (row, index) => {
        const at = row + ((index * 3) >> 1);
        return index % 2 === 0
          ? (data[at] << 4) | (data[at + 1] >> 4)
          : ((data[at] & 15) << 8) | data[at + 1];
      };
    case 16:
      if (kind === 'integer') return (row, index) => view.getInt16(row + index * 2, isLittle);
      if (kind !== 'grey16') return (row, index) => data[row + index * 2 + (isLittle ? 1 : 0)];
      if (isReversed) return (row, index) => byte(row + index * 2) | (byte(row + index * 2 + 1) << 8);
      return (row, index) => view.getUint16(row + index * 2, isLittle);
    case 32:
      if (kind === 'float') return (row, index) => view.getFloat32(row + index * 4, isLittle);
      if (isSigned) return (row, index) => view.getInt32(row + index * 4, isLittle);
      return (row, index) => view.getUint32(row + index * 4, isLittle);
    default: {
      const mask = (1 << bits) - 1;
      return (row, index) => {
        const bit = index * bits;
        return (byte(row + (bit >> 3)) >> (8 - bits - (bit & 7))) & mask;
      };
    }
  }
}

/** Whether the rows of a piece are, byte by byte, what the canvas holds of them: the common case. */
function isAsStored({ samples }: Canvas, { bits, stored, kept, isInverted }: Layout, piece: Piece): boolean {
  const isByte = samples instanceof Uint8Array && bits === 8 && !isInverted && !piece.isReversed;
  return isByte && stored === kept && piece.band === undefined;
}

function copyRows({ samples, width }: Canvas, { kept }: Layout, piece: Piece): void {
  const { data, stride, left, top, columns, rows } = piece;
  for (let y = 0; y < rows; y++) {
    samples.set(data.subarray(y * stride, y * stride + columns * kept), ((top + y) * width + left) * kept);
  }
}

/** Puts the samples of a piece in their place. */
export function place(canvas: Canvas, layout: Layout, piece: Piece): void {
  if (isAsStored(canvas, layout, piece)) {
    copyRows(canvas, layout, piece);
    return;
  }
  const { samples, width } = canvas;
  const { kept, stored, kind, isInverted } = layout;
  const { stride, left, top, columns, rows, band } = piece;
  const read = reader(layout, piece);
  // Grey of few bits is spread over 0 to 255; indices are not.
  const most = layout.bits < 8 ? (1 << layout.bits) - 1 : 255;
  const scale = kind === 'bilevel' || kind === 'grey' ? 255 / most : 1;
  const [step, count, to] = band === undefined ? [stored, kept, 0] : [1, 1, band];
  for (let y = 0; y < rows; y++) {
    const row = y * stride;
    for (let x = 0; x < columns; x++) {
      const at = ((top + y) * width + left + x) * kept + to;
      for (let sample = 0; sample < count; sample++) {
        const value = read(row, x * step + sample) * scale;
        samples[at + sample] = isInverted ? 255 - value : value;
      }
    }
  }
}
