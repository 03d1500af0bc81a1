import type { Picture, Raster } from '../../core/image/index.js';
import type { Orientation } from '../metadata/orientation.js';
import { PNG_COLOURS, type PngHeader } from '../metadata/png-header.js';
import { colours, openImage, toColours, toGrey16, turned } from './libvips.js';
import { barePng, repackedPng, rowBytesOf } from './bare-png.js';
import { decodeIndices } from './png-indices.js';
import { colourIndices } from './palette.js';
import { turnRaster } from './turn.js';

/** The transparent samples that tRNS names, of 16 bits each; undefined where it is missing. */
function keyOf({ transparency }: PngHeader, samples: number): number[] | undefined {
  if (transparency === undefined) return undefined;
  return Array.from({ length: samples }, (_, i) => (transparency[i * 2] << 8) | transparency[i * 2 + 1]);
}

/**
 * An alpha channel that is 0 where a pixel has the key's colour. Pillow compares the low byte of what tRNS says with the
 * pixel's 8 bits, without scaling the one as it scaled the other.
 *
 * Source: Pillow src/libImaging/Convert.c, `rgbT2a`.
 */
function withKey({ data, width, height }: Raster, [red, green, blue]: readonly number[]): Raster {
  const out = new Uint8Array(width * height * 4);
  for (let from = 0, to = 0; to < out.length; from += 3, to += 4) {
    out[to] = data[from];
    out[to + 1] = data[from + 1];
    out[to + 2] = data[from + 2];
    const isKey = out[to] === (red & 255) && out[to + 1] === (green & 255) && out[to + 2] === (blue & 255);
    out[to + 3] = isKey ? 0 : 255;
  }
  return { data: out, width, height, channels: 4 };
}

/** Grey or colours, of which one may be transparent. */
async function decodeOpaque(
  bytes: Uint8Array,
  header: PngHeader,
  orientation: Orientation,
): Promise<Picture> {
  const isGrey = header.colourType === PNG_COLOURS.grey;
  const raster = await toColours(turned(openImage(bytes), orientation), false);
  // Pillow's mode 1 is resized by the nearest pixel.
  const isIndexed = isGrey && header.depth === 1;
  const key = keyOf(header, isGrey ? 1 : 3);
  if (key === undefined) return colours(raster, 'none', isIndexed);
  const grey = header.depth === 1 && key[0] !== 0 ? 255 : key[0];
  return colours(withKey(raster, isGrey ? [grey, grey, grey] : key), 'key', isIndexed);
}

async function decodeSamples(
  bytes: Uint8Array,
  header: PngHeader,
  orientation: Orientation,
): Promise<Picture> {
  const { colourType, depth } = header;
  if (colourType === PNG_COLOURS.grey && depth === 16) {
    const raster = await toGrey16(turned(openImage(bytes), orientation));
    return { kind: 'grey16', raster, key: keyOf(header, 1)?.at(0) };
  }
  if (colourType === PNG_COLOURS.grey || colourType === PNG_COLOURS.rgb)
    return decodeOpaque(bytes, header, orientation);
  return colours(await toColours(turned(openImage(bytes), orientation), true), 'channel');
}

/**
 * A PNG as Pillow sees it.
 *
 * @param repackBytes that data which libpng refuses may be unpacked to and tried again
 * Source: Pillow src/PIL/PngImagePlugin.py, `_MODES` and `chunk_tRNS`.
 */
export async function decodePng(
  header: PngHeader,
  orientation: Orientation,
  repackBytes: number,
): Promise<Picture> {
  const { colourType, palette, transparency } = header;
  if (colourType === PNG_COLOURS.palette) {
    const indices = turnRaster(await decodeIndices(header), orientation);
    return colourIndices(indices, palette ?? new Uint8Array(), transparency);
  }
  try {
    return await decodeSamples(barePng(header), header, orientation);
  } catch (error) {
    // Unpacked, packed anew and read: three times.
    if (rowBytesOf(header) * 3 > repackBytes) throw error;
    return await decodeSamples(await repackedPng(header), header, orientation);
  }
}
