import sharp, { type OutputInfo, type Sharp } from 'sharp';
import type { Picture, Raster } from '../../core/image/index.js';
import { ClipgraphError } from '../../errors/index.js';
import type { Orientation } from '../metadata/orientation.js';

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

/**
 * A picture for libvips to decode: its first frame, ICC profiles ignored. What is cut short is refused; what decoders only
 * warn of, and Pillow reads without a word, is not.
 *
 * @param options.anyWarnings libvips gives a file up after so many warnings, which Pillow does not
 */
export function openImage(bytes: Uint8Array, { anyWarnings = false } = {}): Sharp {
  return sharp(bytes, {
    ignoreIcc: true,
    failOn: 'error',
    limitInputPixels: false,
    unlimited: anyWarnings, // Memory and time are bounded from outside.
  });
}

export async function toRaw(
  image: Sharp,
  depth: 'uchar' | 'ushort' = 'uchar',
): Promise<{ data: Buffer; info: OutputInfo }> {
  return image.raw({ depth }).toBuffer({ resolveWithObject: true });
}

/** The picture turned upright. libvips mirrors before it turns, in whatever order it is told. */
export function turned(image: Sharp, orientation: Orientation): Sharp {
  switch (orientation) {
    case 1:
      return image;
    case 2:
      return image.flop();
    case 3:
      return image.rotate(180);
    case 4:
      return image.flip();
    case 5:
      return image.flip().rotate(90);
    case 6:
      return image.rotate(90);
    case 7:
      return image.flop().rotate(90);
    case 8:
      return image.rotate(270);
  }
}

/** 8-bit colours: three channels, or four where alpha is wanted. */
export async function toColours(image: Sharp, hasAlpha: boolean): Promise<Raster> {
  const shaped = hasAlpha ? image.ensureAlpha() : image.removeAlpha();
  const { data, info } = await toRaw(shaped.toColourspace('srgb'));
  const { width, height, channels } = info;
  if (channels === 3 || channels === 4) return { data, width, height, channels };
  const message = `The picture decodes to ${channels} channels, not to colours.`;
  throw new ClipgraphError('UNDECODABLE_IMAGE', message);
}

export async function toCmyk(image: Sharp): Promise<Raster> {
  const { data, info } = await toRaw(image.pipelineColourspace('cmyk').toColourspace('cmyk'));
  return { data, width: info.width, height: info.height, channels: 4 };
}

export async function toGrey16(image: Sharp): Promise<Raster<Uint16Array>> {
  const { data, info } = await toRaw(image.removeAlpha().toColourspace('grey16'), 'ushort');
  const { width, height, channels } = info;
  if (channels !== 1) {
    const message = `The picture decodes to ${channels} channels, not to grey.`;
    throw new ClipgraphError('UNDECODABLE_IMAGE', message);
  }
  const samples = new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
  return { data: samples, width, height, channels };
}

export function colours(raster: Raster, alpha: 'none' | 'channel' | 'key', isIndexed = false): Picture {
  return { kind: 'colour', raster, alpha, isIndexed };
}

/** A WebP file of RGB pixels, with nothing beside them. */
export async function toWebp(
  pixels: Uint8Array,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<Uint8Array> {
  const file = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .webp({ quality: 80 })
    .toBuffer();
  // Buffers of Node.js may share their memory with others.
  return Uint8Array.from(file);
}
