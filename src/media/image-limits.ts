import { ClipgraphError } from '../errors/index.js';

/** What a picture may cost. */
export interface ImageLimits {
  readonly maxPixels: number;
  /** Pixels of one side. No limit if absent. */
  readonly maxSide?: number;
  /** Bytes of memory that decoding may take. No limit if absent. */
  readonly maxDecodeBytes?: number;
}

interface Sides {
  readonly width: number;
  readonly height: number;
}

/**
 * @throws IMAGE_TOO_LARGE
 */
export function checkPixels({ width, height }: Sides, { maxPixels, maxSide = Infinity }: ImageLimits): void {
  const pixels = width * height;
  if (pixels > maxPixels) {
    const message = `The picture has ${width} × ${height} = ${pixels} pixels; the limit is ${maxPixels} (limits.maxImagePixels).`;
    throw new ClipgraphError('IMAGE_TOO_LARGE', message);
  }
  if (Math.max(width, height) > maxSide) {
    const message = `The picture is ${width} × ${height} pixels; the limit of a side is ${maxSide} (limits.maxImageSide). Crop it, or make it smaller.`;
    throw new ClipgraphError('IMAGE_TOO_LARGE', message);
  }
}

/**
 * @param bytes that decoding the picture will hold at once
 * @throws IMAGE_TOO_LARGE
 */
export function checkDecodeBytes(
  { width, height }: Sides,
  bytes: number,
  { maxDecodeBytes = Infinity }: ImageLimits,
): void {
  if (bytes <= maxDecodeBytes) return;
  const message = `Decoding the picture of ${width} × ${height} pixels takes ${Math.round(bytes)} bytes of memory; the limit is ${maxDecodeBytes} (limits.maxDecodeBytes).`;
  throw new ClipgraphError('IMAGE_TOO_LARGE', message);
}

/**
 * @throws IMAGE_TOO_LARGE
 */
export function checkImageSize(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  const message = `The picture has ${bytes} bytes; the limit is ${maxBytes} (limits.maxImageBytes).`;
  throw new ClipgraphError('IMAGE_TOO_LARGE', message);
}
