import { ClipgraphError } from '../../errors/index.js';

/** A TIFF that is damaged. */
export function damaged(reason: string, cause?: unknown): ClipgraphError {
  const message = `The picture starts like a TIFF file but cannot be decoded: ${reason}.`;
  return new ClipgraphError('UNDECODABLE_IMAGE', message, { cause });
}

/** A TIFF of a kind that is not read: Pillow does not read it either, or to other pixels than can be promised. */
export function unsupported(kind: string): ClipgraphError {
  const message = `The picture is a TIFF ${kind}, which is not read. Save it as PNG, or as TIFF with 8 bits in RGB or grey.`;
  return new ClipgraphError('UNSUPPORTED_IMAGE_FORMAT', message);
}
