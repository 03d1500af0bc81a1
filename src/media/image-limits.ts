import { ClipgraphError } from '../errors/index.js';

/**
 * @throws IMAGE_TOO_LARGE
 */
export function checkPixels({ width, height }: { width: number; height: number }, maxPixels: number): void {
  const pixels = width * height;
  if (pixels <= maxPixels) return;
  throw new ClipgraphError(
    'IMAGE_TOO_LARGE',
    `The picture has ${width} × ${height} = ${pixels} pixels; the limit is ${maxPixels} (limits.maxImagePixels).`,
  );
}

/**
 * @throws IMAGE_TOO_LARGE
 */
export function checkImageSize(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  const message = `The picture has ${bytes} bytes; the limit is ${maxBytes} (limits.maxImageBytes).`;
  throw new ClipgraphError('IMAGE_TOO_LARGE', message);
}
