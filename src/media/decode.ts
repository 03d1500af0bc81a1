import type { Picture, Span } from '../core/image/index.js';
import { ClipgraphError } from '../errors/index.js';
import { decodeJpeg } from './decoders/jpeg.js';
import { colours, openImage, toColours, turned } from './decoders/libvips.js';
import { decodePng } from './decoders/png.js';
import { decodeGif } from './gif.js';
import { readImageHeader } from './image-header.js';
import { checkPixels } from './image-limits.js';
import { readJpegHeader } from './metadata/jpeg-header.js';
import { orientationIn, type Metadata, type Orientation } from './metadata/orientation.js';
import { readPngHeader } from './metadata/png-header.js';
import { readWebpHeader, type WebpHeader } from './metadata/webp-header.js';
import { nameOf, type ImageFormat } from './sniff.js';
import { decodeTiff } from './tiff/decode.js';

export interface DecodeOptions {
  readonly format: ImageFormat;
  /** Turn the picture as its orientation says. */
  readonly isOriented: boolean;
  readonly maxPixels: number;
  /** The columns that are needed of a picture of this size; a decoder may leave out the others. */
  readonly neededColumns?: (width: number, height: number) => Span;
}

/** A decoded picture, or some of its columns at full height, and the size of the whole. */
export interface Decoded {
  readonly picture: Picture;
  readonly width: number;
  readonly height: number;
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

/** AVIF is outside the promise of exactness: libvips sees to it. */
async function decodeAvif(bytes: Uint8Array, { isOriented, maxPixels }: DecodeOptions): Promise<Picture> {
  const metadata = await openImage(bytes).metadata();
  checkPixels(metadata, maxPixels);
  const image = isOriented ? openImage(bytes).autoOrient() : openImage(bytes);
  return colours(await toColours(image, metadata.hasAlpha), metadata.hasAlpha ? 'channel' : 'none');
}

function whole(picture: Picture): Decoded {
  return { picture, width: picture.raster.width, height: picture.raster.height };
}

async function decodeAny(bytes: Uint8Array, options: DecodeOptions): Promise<Decoded> {
  const { format, isOriented, maxPixels, neededColumns } = options;
  const orientationOf = (metadata: Metadata): Orientation => (isOriented ? orientationIn(metadata) : 1);
  const sides = readImageHeader(bytes, format);
  if (sides !== undefined) checkPixels(sides, maxPixels);
  switch (format) {
    case 'jpeg': {
      const header = readJpegHeader(bytes) ?? unreadable();
      const { width, height } = header;
      const picture = await decodeJpeg(bytes, header, orientationOf(header), neededColumns?.(width, height));
      return picture.raster.left === undefined ? whole(picture) : { picture, width, height };
    }
    case 'png': {
      const header = readPngHeader(bytes) ?? unreadable();
      return whole(await decodePng(bytes, header, orientationOf(header)));
    }
    case 'webp': {
      const header = readWebpHeader(bytes) ?? unreadable();
      return whole(await decodeWebp(bytes, header, orientationOf(header)));
    }
    case 'gif':
      return whole(decodeGif(bytes, maxPixels));
    case 'tiff':
      return whole(await decodeTiff(bytes, maxPixels));
    case 'avif':
      return whole(await decodeAvif(bytes, options));
  }
}

/**
 * Decodes a picture to the pixels that Pillow decodes it to: the first frame, ICC profiles ignored. The size is checked
 * from the header before anything is decoded.
 *
 * @throws UNDECODABLE_IMAGE, UNSUPPORTED_IMAGE_FORMAT for kinds of a format that are not read, IMAGE_TOO_LARGE
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions): Promise<Decoded> {
  try {
    return await decodeAny(bytes, options);
  } catch (cause) {
    if (cause instanceof ClipgraphError) throw cause;
    throw new ClipgraphError(
      'UNDECODABLE_IMAGE',
      `The picture starts like a ${nameOf(options.format)} file but cannot be decoded: it is damaged or cut short.`,
      { cause },
    );
  }
}
