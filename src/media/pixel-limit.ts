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
