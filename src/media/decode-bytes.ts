import type { JpegHeader } from './metadata/jpeg-header.js';
import { PNG_COLOURS, type PngHeader } from './metadata/png-header.js';

/** A decoder's coefficients of a JPEG of several scans have 16 bits each, and are held until the last. */
const COEFFICIENT_BYTES = 2;

/** Bytes a pixel where libvips turns the picture upright: it holds the whole of it twice. */
export function turnedTwice(bytesPerPixel: number, isTurned: boolean): number {
  return isTurned ? bytesPerPixel * 2 : bytesPerPixel;
}

/**
 * @param columns that are kept of each row
 * @returns bytes that decoding and converting the picture hold at once
 */
export function jpegDecodeBytes(header: JpegHeader, isTurned: boolean, columns: number): number {
  const { width, height, components, hasScans, samplesPerPixel } = header;
  const kept = isTurned || components === 4 ? width : columns;
  const coefficients = hasScans ? samplesPerPixel * COEFFICIENT_BYTES : 0;
  return (width * coefficients + kept * turnedTwice(components === 4 ? 4 : 3, isTurned)) * height;
}

/** Of a PNG in bytes a pixel: the decoder's own, where it needs the whole picture, and what is made of it. */
function pngBytesPerPixel(header: PngHeader, isTurned: boolean): number {
  const { colourType, depth, isInterlaced, transparency } = header;
  // Unpacked, indices (turned, too), and the four bytes of their colours.
  if (colourType === PNG_COLOURS.palette) return 2 + 4 + (isTurned ? 1 : 0);
  const isGrey16 = colourType === PNG_COLOURS.grey && depth === 16;
  const hasAlpha = colourType === PNG_COLOURS.greyAlpha || colourType === PNG_COLOURS.rgbAlpha;
  const decoded = isGrey16 ? 2 : hasAlpha ? 4 : 3;
  const stored = (hasAlpha ? 4 : colourType === PNG_COLOURS.rgb ? 3 : 1) * (depth === 16 ? 2 : 1);
  const converted = isGrey16 ? 3 : transparency !== undefined && !hasAlpha ? 4 : 0;
  return turnedTwice(decoded, isTurned) + (isInterlaced ? stored : 0) + converted;
}

/** The same for a PNG. */
export function pngDecodeBytes(header: PngHeader, isTurned: boolean): number {
  return header.width * header.height * pngBytesPerPixel(header, isTurned);
}

/** libwebp holds four bytes a pixel, libvips four more, the result up to four; measured with libvips 8.18. */
export function webpDecodeBytes(
  { width, height }: { width: number; height: number },
  isTurned: boolean,
): number {
  return width * height * (isTurned ? 13 : 9);
}

/** Indices of the frame and of the canvas, and four bytes a pixel of their colours. */
export function gifDecodeBytes({ width, height }: { width: number; height: number }): number {
  return width * height * 6;
}

/** libaom's frames of 16 bits with their borders, and libheif's conversions; measured with libvips 8.18. */
export function avifDecodeBytes({ width, height }: { width: number; height: number }): number {
  return width * height * 20;
}
