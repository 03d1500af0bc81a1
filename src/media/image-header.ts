import { readJpegHeader } from './metadata/jpeg-header.js';
import { readPngSize, PNG_COLOURS } from './metadata/png-header.js';
import { readWebpHeader } from './metadata/webp-header.js';
import type { ImageFormat } from './sniff.js';
import { readTiffHeader } from './tiff/header.js';

/** What a file says of its picture before anything is decoded. */
export interface ImageHeader {
  /** As stored, before it is turned upright, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Samples of a pixel as they are stored: one where they are indices of a palette. */
  readonly channels: number;
  /** Bits of a sample. */
  readonly bits: number;
}

const PNG_CHANNELS: Readonly<Record<number, number>> = {
  [PNG_COLOURS.grey]: 1,
  [PNG_COLOURS.rgb]: 3,
  [PNG_COLOURS.palette]: 1,
  [PNG_COLOURS.greyAlpha]: 2,
  [PNG_COLOURS.rgbAlpha]: 4,
};

/**
 * Reads the size and the depth of a picture from its first bytes, without a decoder and without memory for pixels.
 *
 * @returns undefined where the header can't be read, and for GIF and AVIF, whose decoders read their own
 */
export function readImageHeader(bytes: Uint8Array, format: ImageFormat): ImageHeader | undefined {
  switch (format) {
    case 'jpeg': {
      const header = readJpegHeader(bytes);
      return header && { ...sidesOf(header), channels: header.components, bits: header.bits };
    }
    case 'png': {
      const header = readPngSize(bytes);
      return (
        header && {
          ...sidesOf(header),
          channels: PNG_CHANNELS[header.colourType] ?? 4,
          bits: header.depth,
        }
      );
    }
    case 'webp': {
      const header = readWebpHeader(bytes);
      return header && { ...sidesOf(header), channels: 4, bits: 8 };
    }
    case 'tiff': {
      const header = readTiffHeader(bytes);
      return (
        header && {
          ...sidesOf(header),
          channels: header.bits.length,
          bits: Math.max(...header.bits),
        }
      );
    }
    case 'gif':
    case 'avif':
      return undefined;
  }
}

function sidesOf({ width, height }: { width: number; height: number }): { width: number; height: number } {
  return { width, height };
}
