import { turnedTwice } from '../decode-bytes.js';
import type { TiffHeader } from './header.js';

/** The samples, turned upright too, one strip or tile as it is unpacked, and colours where samples are grey or indices. */
export function tiffDecodeBytes(header: TiffHeader, isTurned: boolean): number {
  const { width, height, bits, segmentWidth, segmentHeight, compression } = header;
  const stored = bits.reduce((sum, each) => sum + Math.max(8, each), 0) / 8;
  const colours = bits.length < 3 ? 4 : 0;
  // Unpacked data is gathered in pieces first.
  const unpacked = compression === 1 ? 0 : segmentWidth * segmentHeight * stored * 2;
  return width * height * (turnedTwice(stored, isTurned) + colours) + unpacked;
}
