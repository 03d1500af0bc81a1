import sharp from 'sharp';
import type { Raster } from '../clip/image/index.js';
import { ClipgraphError } from '../errors/index.js';
import type { ImageFormat } from './sniff.js';

// libvips decodes far more than is asked for, SVG and PDF among it. Only these are let through.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp'] });
sharp.concurrency(1);
sharp.cache(false);

export interface DecodeOptions {
  readonly format: ImageFormat;
  /** Turn the picture as its EXIF orientation says. */
  readonly isOriented: boolean;
  readonly maxPixels: number;
}

function undecodable(format: ImageFormat, cause: unknown): ClipgraphError {
  const name = { jpeg: 'JPEG', png: 'PNG', webp: 'WebP' }[format];
  return new ClipgraphError(
    'UNDECODABLE_IMAGE',
    `The picture starts like a ${name} file but cannot be decoded: it is damaged or cut short.`,
    { cause },
  );
}

/**
 * Decodes a picture to the pixels that Pillow decodes it to: ICC profiles are ignored, any warning of the decoder is a
 * failure.
 *
 * @returns three channels, or four where the picture may be transparent
 * @throws UNDECODABLE_IMAGE, IMAGE_TOO_LARGE
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions): Promise<Raster> {
  const { format, isOriented, maxPixels } = options;
  const open = () => sharp(bytes, { ignoreIcc: true, failOn: 'warning', limitInputPixels: false });
  let hasAlpha: boolean;
  try {
    const metadata = await open().metadata();
    ({ hasAlpha } = metadata);
    const pixels = metadata.width * metadata.height;
    if (pixels > maxPixels) {
      throw new ClipgraphError(
        'IMAGE_TOO_LARGE',
        `The picture has ${metadata.width} × ${metadata.height} = ${pixels} pixels; the limit is ${maxPixels} ` +
          '(limits.maxImagePixels).',
      );
    }
    const image = isOriented ? open().autoOrient() : open();
    const shaped = hasAlpha ? image.ensureAlpha() : image.removeAlpha();
    const { data, info } = await shaped.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
    if (info.channels !== 3 && info.channels !== 4) {
      throw new ClipgraphError(
        'UNDECODABLE_IMAGE',
        `The picture decodes to ${info.channels} channels, not to colours.`,
      );
    }
    return { data, width: info.width, height: info.height, channels: info.channels };
  } catch (error) {
    throw error instanceof ClipgraphError ? error : undecodable(format, error);
  }
}
