import type { Sharp } from 'sharp';
import type { Picture, Span } from '../../core/image/index.js';
import { ClipgraphError } from '../../errors/index.js';
import type { JpegHeader } from '../metadata/jpeg-header.js';
import type { Orientation } from '../metadata/orientation.js';
import { colours, openImage, toCmyk, toColours, turned } from './libvips.js';

/** Arithmetic coding: SOF9 to SOF15. */
const FIRST_ARITHMETIC = 0xc9;
/** SOF3, SOF5 to SOF7: lossless and hierarchical coding. */
const RARE_FRAMES = [0xc3, 0xc5, 0xc6, 0xc7];

function refuse(kind: string): never {
  throw new ClipgraphError(
    'UNSUPPORTED_IMAGE_FORMAT',
    `The picture is a JPEG ${kind}, which is not read. Save it as a baseline or progressive JPEG of 8 bits.`,
  );
}

/**
 * @throws UNSUPPORTED_IMAGE_FORMAT for codings that hardly any program reads
 */
function checkCoding({ bits, frame, components }: JpegHeader): void {
  if (bits !== 8) refuse(`of ${bits} bits`);
  if (frame >= FIRST_ARITHMETIC) refuse('in arithmetic coding');
  if (RARE_FRAMES.includes(frame)) refuse('in lossless or hierarchical coding');
  if (![1, 3, 4].includes(components)) refuse(`of ${components} components`);
}

/** libjpeg's warning that the data ends before the last row: the rest would be grey. */
const CUT_SHORT = 'premature end of data segment';

/**
 * Pillow shows the rows that a JPEG lacks in grey; here it is refused, as one that ends without a mark is in Pillow, too.
 *
 * @param columns that are needed, where not all are; rows are never left out: the decoder would not see that a file is
 *   cut short
 */
export async function decodeJpeg(
  bytes: Uint8Array,
  header: JpegHeader,
  orientation: Orientation,
  columns?: Span,
): Promise<Picture> {
  checkCoding(header);
  const image = turned(openImage(bytes, { anyWarnings: true }), orientation);
  const warnings: string[] = [];
  image.on('warning', (warning: string) => warnings.push(warning));
  const picture = await decodeColumns(image, header, orientation === 1 ? columns : undefined);
  if (warnings.some((warning) => warning.includes(CUT_SHORT)))
    throw new ClipgraphError('UNDECODABLE_IMAGE', 'The picture is a JPEG that is cut short.');
  return picture;
}

async function decodeColumns(image: Sharp, header: JpegHeader, columns: Span | undefined): Promise<Picture> {
  if (header.components === 4) return { kind: 'cmyk', raster: await toCmyk(image) };
  if (columns === undefined) return colours(await toColours(image, false), 'none');
  const { from, to } = columns;
  const part = image.extract({ left: from, top: 0, width: to - from, height: header.height });
  return colours({ ...(await toColours(part, false)), left: from }, 'none');
}
