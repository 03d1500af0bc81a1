import type { Picture, Span } from '../core/image/index.js';
import { ClipgraphError } from '../errors/index.js';
import { avifDecodeBytes, jpegDecodeBytes, pngDecodeBytes, webpDecodeBytes } from './decode-bytes.js';
import { decodeJpeg } from './decoders/jpeg.js';
import { colours, openImage, toColours, turned } from './decoders/libvips.js';
import { decodePng } from './decoders/png.js';
import { decodeGif } from './gif.js';
import { readImageHeader } from './image-header.js';
import { checkDecodeBytes, checkPixels, type ImageLimits } from './image-limits.js';
import { readJpegHeader } from './metadata/jpeg-header.js';
import { orientationIn, type Metadata, type Orientation } from './metadata/orientation.js';
import { readPngHeader } from './metadata/png-header.js';
import { readWebpHeader, type WebpHeader } from './metadata/webp-header.js';
import { brandsOf } from './other-formats.js';
import { nameOf, type ImageFormat } from './sniff.js';
import { decodeTiff } from './tiff/decode.js';

export interface DecodeOptions extends ImageLimits {
  readonly format: ImageFormat;
  /** Turn the picture as its orientation says. */
  readonly isOriented: boolean;
  /** The columns that are needed of a picture of this size; a decoder may leave out the others. */
  readonly neededColumns?: (width: number, height: number) => Span;
}

/** A decoded picture, or some of its columns at full height, and the size of the whole. */
export interface Decoded {
  readonly picture: Picture;
  readonly width: number;
  readonly height: number;
}

/** What V8, libvips and the decoders behind it say when the system gives them no memory. */
function isOutOfMemory(cause: unknown): boolean {
  const message = cause instanceof Error ? cause.message : String(cause);
  return /out of memory|allocation failed|unable to allocate|insufficient memory/i.test(message);
}

function unreadable(): never {
  throw new Error('The header cannot be read.');
}

async function decodeWebp(bytes: Uint8Array, header: WebpHeader, orientation: Orientation): Promise<Picture> {
  const image = openImage(bytes);
  // What a first frame does not cover is clear to libvips, and black where the header knows no alpha.
  const hasAlpha = header.isAnimated ? header.hasAlpha : (await image.metadata()).hasAlpha;
  return colours(await toColours(turned(image, orientation), hasAlpha), hasAlpha ? 'channel' : 'none');
}

/** A sequence under the brand of a picture: libvips then reads the picture that stands for it, its first as a rule. */
function asOnePicture(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes);
  copy.write('avif', 8, 'latin1');
  return copy;
}

/** AVIF is outside the promise of exactness: libvips sees to it. */
async function decodeAvif(file: Uint8Array, options: DecodeOptions): Promise<Picture> {
  const bytes = brandsOf(file)[0] === 'avis' ? asOnePicture(file) : file;
  const metadata = await openImage(bytes).metadata();
  checkPixels(metadata, options);
  checkDecodeBytes(metadata, avifDecodeBytes(metadata), options);
  const image = options.isOriented ? openImage(bytes).autoOrient() : openImage(bytes);
  return colours(await toColours(image, metadata.hasAlpha), metadata.hasAlpha ? 'channel' : 'none');
}

function whole(picture: Picture): Decoded {
  return { picture, width: picture.raster.width, height: picture.raster.height };
}

async function decodeAny(bytes: Uint8Array, options: DecodeOptions): Promise<Decoded> {
  const { format, isOriented, neededColumns } = options;
  const orientationOf = (metadata: Metadata): Orientation => (isOriented ? orientationIn(metadata) : 1);
  const sides = readImageHeader(bytes, format);
  if (sides !== undefined) checkPixels(sides, options);
  switch (format) {
    case 'jpeg': {
      const header = readJpegHeader(bytes) ?? unreadable();
      const { width, height } = header;
      const orientation = orientationOf(header);
      const columns = neededColumns?.(width, height) ?? { from: 0, to: width };
      const needed = jpegDecodeBytes(header, orientation !== 1, columns.to - columns.from);
      checkDecodeBytes(header, needed, options);
      const picture = await decodeJpeg(bytes, header, orientation, columns);
      return picture.raster.left === undefined ? whole(picture) : { picture, width, height };
    }
    case 'png': {
      const header = readPngHeader(bytes);
      checkPixels(header, options); // Its size may be stated twice.
      const orientation = orientationOf(header);
      const needed = pngDecodeBytes(header, orientation !== 1);
      checkDecodeBytes(header, needed, options);
      const { maxDecodeBytes = Infinity } = options;
      return whole(await decodePng(header, orientation, maxDecodeBytes - needed));
    }
    case 'webp': {
      const header = readWebpHeader(bytes) ?? unreadable();
      const orientation = orientationOf(header);
      checkDecodeBytes(header, webpDecodeBytes(header, orientation !== 1), options);
      return whole(await decodeWebp(bytes, header, orientation));
    }
    case 'gif':
      return whole(decodeGif(bytes, options));
    case 'tiff':
      return whole(await decodeTiff(bytes, options));
    case 'avif':
      return whole(await decodeAvif(bytes, options));
  }
}

/**
 * Decodes a picture to the pixels that Pillow decodes it to: the first frame, ICC profiles ignored. The size is checked
 * from the header before anything is decoded.
 *
 * @throws UNDECODABLE_IMAGE, UNSUPPORTED_IMAGE_FORMAT for kinds of a format that are not read, IMAGE_TOO_LARGE; OVERLOADED
 *   when the machine has no memory left, which is not the picture's fault
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions): Promise<Decoded> {
  try {
    return await decodeAny(bytes, options);
  } catch (cause) {
    if (cause instanceof ClipgraphError) throw cause;
    if (isOutOfMemory(cause)) {
      const message = 'The machine has too little memory left to decode the picture. Try again in a moment.';
      throw new ClipgraphError('OVERLOADED', message, { cause });
    }
    throw new ClipgraphError(
      'UNDECODABLE_IMAGE',
      `The picture starts like a ${nameOf(options.format)} file but cannot be decoded: it is damaged or cut short.`,
      { cause },
    );
  }
}
