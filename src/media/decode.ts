import sharp, { type OutputInfo, type Sharp } from 'sharp';
import type { Picture, Span } from '../core/image/index.js';
import { ClipgraphError } from '../errors/index.js';
import { decodeGif } from './gif.js';
import { readJpegHeader } from './jpeg-header.js';
import { checkPixels } from './image-limits.js';
import { PNG_COLOURS, readPngHeader, type PngHeader } from './png-header.js';
import { nameOf, type ImageFormat } from './sniff.js';

// libvips decodes far more than is asked for, SVG and PDF among it. Only these are let through.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: [
    'VipsForeignLoadJpeg',
    'VipsForeignLoadPng',
    'VipsForeignLoadWebp',
    'VipsForeignLoadTiff',
    'VipsForeignLoadHeif',
  ],
});
sharp.concurrency(1);
sharp.cache(false);

export interface DecodeOptions {
  readonly format: ImageFormat;
  /** Turn the picture as its EXIF orientation says. */
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

type Open = () => Sharp;

async function toRaw(
  image: Sharp,
  depth: 'uchar' | 'ushort' = 'uchar',
): Promise<{ data: Buffer; info: OutputInfo }> {
  return image.raw({ depth }).toBuffer({ resolveWithObject: true });
}

function whole(picture: Picture): Decoded {
  return { picture, width: picture.raster.width, height: picture.raster.height };
}

async function decodeColour(
  image: Sharp,
  alpha: 'none' | 'channel' | 'key',
  { isIndexed = false, left = 0 } = {},
): Promise<Picture> {
  const shaped = alpha === 'none' ? image.removeAlpha() : image.ensureAlpha();
  const { data, info } = await toRaw(shaped.toColourspace('srgb'));
  const { width, height, channels } = info;
  if (channels !== 3 && channels !== 4) {
    throw new ClipgraphError(
      'UNDECODABLE_IMAGE',
      `The picture decodes to ${channels} channels, not to colours.`,
    );
  }
  return { kind: 'colour', raster: { data, width, height, channels, left }, alpha, isIndexed };
}

async function decodeCmyk(image: Sharp): Promise<Picture> {
  const { data, info } = await toRaw(image.pipelineColourspace('cmyk').toColourspace('cmyk'));
  return { kind: 'cmyk', raster: { data, width: info.width, height: info.height, channels: 4 } };
}

async function decodeGrey16(image: Sharp, key: number | undefined): Promise<Picture> {
  const { data, info } = await toRaw(image.toColourspace('grey16'), 'ushort');
  const { width, height, channels } = info;
  const all = new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
  const samples =
    channels === 1 ? all : Uint16Array.from({ length: width * height }, (_, i) => all[i * channels]);
  return { kind: 'grey16', raster: { data: samples, width, height, channels: 1 }, key };
}

function decodePng(
  image: Sharp,
  hasAlpha: boolean,
  { depth, colourType, greyKey }: PngHeader,
): Promise<Picture> {
  if (colourType === PNG_COLOURS.grey && depth === 16) return decodeGrey16(image, greyKey);
  const isChannel = colourType === PNG_COLOURS.greyAlpha || colourType === PNG_COLOURS.rgbAlpha;
  const alpha = isChannel ? 'channel' : hasAlpha ? 'key' : 'none';
  // Pillow's modes P and 1.
  const isIndexed = colourType === PNG_COLOURS.palette || (colourType === PNG_COLOURS.grey && depth === 1);
  return decodeColour(image, alpha, { isIndexed });
}

/** The common case without detours: a JPEG in colours or grey that needs no turning, and of it the columns needed. */
async function decodePlainJpeg(
  bytes: Uint8Array,
  open: Open,
  { isOriented, maxPixels, neededColumns }: DecodeOptions,
): Promise<Decoded | undefined> {
  const header = readJpegHeader(bytes);
  if (header === undefined || header.components === 4 || header.width === 0 || header.height === 0)
    return undefined;
  if (isOriented && header.orientation >= 2 && header.orientation <= 8) return undefined;
  const { width, height } = header;
  checkPixels(header, maxPixels);
  // Rows are never left out: the decoder would not see that a file is cut short.
  const columns = neededColumns?.(width, height) ?? { from: 0, to: width };
  const part = { left: columns.from, top: 0, width: columns.to - columns.from, height };
  const picture = await decodeColour(part.width < width ? open().extract(part) : open(), 'none', {
    left: part.left,
  });
  return { picture, width, height };
}

async function decodeGeneral(bytes: Uint8Array, open: Open, options: DecodeOptions): Promise<Decoded> {
  const { format, isOriented, maxPixels } = options;
  const png = format === 'png' ? readPngHeader(bytes) : undefined;
  if (png !== undefined) checkPixels(png, maxPixels);
  const metadata = await open().metadata();
  checkPixels(metadata, maxPixels);
  // Pillow turns TIFF by its orientation while it loads it, whatever is asked for.
  const image = isOriented || format === 'tiff' ? open().autoOrient() : open();
  if (metadata.space === 'cmyk') return whole(await decodeCmyk(image));
  if (png !== undefined) return whole(await decodePng(image, metadata.hasAlpha, png));
  return whole(await decodeColour(image, metadata.hasAlpha ? 'channel' : 'none'));
}

/**
 * Decodes a picture to the pixels that Pillow decodes it to: the first frame, ICC profiles ignored, any warning of the
 * decoder a failure. The size is checked from the header before anything is decoded.
 *
 * @throws UNDECODABLE_IMAGE, IMAGE_TOO_LARGE
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions): Promise<Decoded> {
  const { format, maxPixels } = options;
  if (format === 'gif') return whole(decodeGif(bytes, maxPixels));
  const open: Open = () => sharp(bytes, { ignoreIcc: true, failOn: 'warning', limitInputPixels: false });
  try {
    const plain = format === 'jpeg' ? await decodePlainJpeg(bytes, open, options) : undefined;
    return plain ?? (await decodeGeneral(bytes, open, options));
  } catch (cause) {
    if (cause instanceof ClipgraphError) throw cause;
    throw new ClipgraphError(
      'UNDECODABLE_IMAGE',
      `The picture starts like a ${nameOf(format)} file but cannot be decoded: it is damaged or cut short.`,
      { cause },
    );
  }
}
