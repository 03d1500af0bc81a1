import { openImage, toRaw } from '../decoders/libvips.js';
import { bytesOf } from '../metadata/directory.js';
import { readJpegHeader } from '../metadata/jpeg-header.js';
import { readWebpHeader } from '../metadata/webp-header.js';
import { COMPRESSIONS } from './codecs.js';
import type { TiffHeader } from './header.js';
import { damaged, unsupported } from './refusal.js';

const JPEG_TABLES = 347;
const RGB = 2;
const CMYK = 5;
const YCBCR = 6;
const START = Buffer.from([0xff, 0xd8]);

interface Expected {
  readonly columns: number;
  readonly rows: number;
  readonly samples: number;
}

/** Strips that are JPEG or WebP files of their own. */
export function isDecodedByLibvips(compression: number): boolean {
  return compression === COMPRESSIONS.jpeg || compression === COMPRESSIONS.webp;
}

/** Adobe's marker, which says whether three components are RGB (0) or YCbCr (1). */
function adobeMarker(transform: 0 | 1): Buffer {
  return Buffer.concat([
    Buffer.from([0xff, 0xee, 0, 14]),
    Buffer.from('Adobe', 'latin1'),
    Buffer.from([0, 100, 0, 0, 0, 0, transform]),
  ]);
}

/** The segments of a JPEG from its start, without metadata, which must not speak of colours here, up to the scan. */
function tablesOf(jpeg: Uint8Array): { tables: Buffer; scan: Uint8Array } {
  const kept: Uint8Array[] = [];
  let at = 2;
  while (at + 4 <= jpeg.length && jpeg[at] === 0xff) {
    const marker = jpeg[at + 1];
    if (marker === 0xda || marker === 0xd9) break;
    const length = marker === 0xff ? -1 : (jpeg[at + 2] << 8) | jpeg[at + 3];
    const isMetadata = (marker >= 0xe0 && marker <= 0xef) || marker === 0xfe;
    if (marker !== 0xff && !isMetadata) kept.push(jpeg.subarray(at, at + 2 + length));
    at += 2 + length;
  }
  return { tables: Buffer.concat(kept), scan: jpeg.subarray(at) };
}

/** A strip as a JPEG that stands alone: the file's common tables go before its own. */
function completeJpeg(strip: Uint8Array, { directory, photometric }: TiffHeader, samples: number): Buffer {
  const common = bytesOf(directory, JPEG_TABLES);
  const own = tablesOf(strip);
  const marker =
    samples === 3 || samples === 4 ? adobeMarker(photometric === YCBCR ? 1 : 0) : Buffer.alloc(0);
  const shared = common === undefined ? Buffer.alloc(0) : tablesOf(common).tables;
  return Buffer.concat([START, marker, shared, own.tables, own.scan]);
}

function sidesOf(bytes: Uint8Array, compression: number): { width: number; height: number } {
  if (compression === COMPRESSIONS.webp) {
    const header = readWebpHeader(bytes);
    if (header !== undefined) return header;
  } else {
    const header = readJpegHeader(bytes);
    if (header?.bits === 8) return header;
  }
  throw damaged('a strip of it cannot be read');
}

/**
 * Decodes a strip or tile that is a picture of its own.
 *
 * @returns `expected.samples` bytes a pixel, and the bytes from one row to the next
 * @throws UNDECODABLE_IMAGE, UNSUPPORTED_IMAGE_FORMAT
 * Sources: TIFF Technical Note 2; libtiff tif_jpeg.c, tif_webp.c.
 */
export async function decodeSegment(
  strip: Uint8Array,
  header: TiffHeader,
  { columns, rows, samples }: Expected,
): Promise<{ data: Uint8Array; stride: number }> {
  const { compression, photometric, isPlanar } = header;
  if (photometric === YCBCR && (isPlanar || compression === COMPRESSIONS.webp))
    throw unsupported('in YCbCr with bands that are stored apart');
  const bytes = compression === COMPRESSIONS.jpeg ? completeJpeg(strip, header, samples) : strip;
  const { width, height } = sidesOf(bytes, compression);
  // libtiff takes a strip of other sides for damaged, but for rows below the picture.
  if (width !== columns || height < rows || height > header.segmentHeight)
    throw damaged('a strip of it has other sides than it should');
  const image = openImage(bytes);
  // Four components, CMYK or RGB and alpha, are CMYK to libvips.
  const isFour = samples === 4 && compression === COMPRESSIONS.jpeg;
  const shaped = isFour
    ? image.pipelineColourspace('cmyk').toColourspace('cmyk')
    : samples === 1
      ? image.toColourspace('b-w')
      : image.toColourspace('srgb');
  if (![RGB, YCBCR].includes(photometric) && !(photometric === CMYK && isFour) && samples !== 1)
    throw unsupported('in which JPEG holds other colours than RGB, YCbCr or CMYK');
  const { data, info } = await toRaw(shaped);
  if (info.channels !== samples) throw damaged('a strip of it has other bands than it should');
  // Adobe's JPEGs hold CMYK inverted, and so libvips turns it round; TIFF's do not.
  if (isFour) for (let i = 0; i < data.length; i++) data[i] = 255 - data[i];
  return { data, stride: width * samples };
}
