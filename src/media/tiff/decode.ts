import type { Picture, Raster } from '../../core/image/index.js';
import { checkDecodeBytes, checkPixels, type ImageLimits } from '../image-limits.js';
import { numbersOf } from '../metadata/directory.js';
import { orientationOfTiff } from '../metadata/orientation.js';
import { colours, openImage, toRaw } from '../decoders/libvips.js';
import { colourIndices } from '../decoders/palette.js';
import { turnRaster } from '../decoders/turn.js';
import { blankCanvas, type Canvas } from './canvas.js';
import { COMPRESSIONS } from './codecs.js';
import { tiffDecodeBytes } from './decode-bytes.js';
import { readTiffHeader, type TiffHeader } from './header.js';
import { layoutOf, type Layout } from './layout.js';
import { damaged } from './refusal.js';
import { readSegments } from './segments.js';

const COLOUR_MAP = 320;
/** Fax's compressions, which libvips unpacks. */
const FAX: readonly number[] = [
  COMPRESSIONS.huffman,
  COMPRESSIONS.group3,
  COMPRESSIONS.group4,
  COMPRESSIONS.huffmanWords,
];

/** Three bands of 16 bits as colours of three bytes. */
function paletteOf({ directory }: TiffHeader): Uint8Array {
  const map = numbersOf(directory, COLOUR_MAP);
  if (map === undefined) throw damaged('its palette is missing');
  const count = Math.trunc(map.length / 3);
  return Uint8Array.from({ length: count * 3 }, (_, i) => map[(i % 3) * count + Math.trunc(i / 3)] >> 8);
}

/** Grey, or grey and its alpha, as colours. */
function spread({ samples, width, height }: Canvas, stored: 1 | 2): Raster {
  const channels = stored === 1 ? 3 : 4;
  const out = new Uint8Array(width * height * channels);
  for (let from = 0, to = 0; to < out.length; from += stored, to += channels) {
    out[to] = out[to + 1] = out[to + 2] = samples[from];
    if (stored === 2) out[to + 3] = samples[from + 1];
  }
  return { data: out, width, height, channels };
}

/** Colours divided by their alpha. Source: Pillow src/libImaging/Unpack.c, `unpackRGBa`. */
function divideByAlpha(raster: Raster): Raster {
  const { data } = raster;
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3];
    if (alpha === 255) continue;
    for (let channel = 0; channel < 3; channel++)
      data[at + channel] = alpha === 0 ? 0 : Math.min(255, Math.trunc((data[at + channel] * 255) / alpha));
  }
  return raster;
}

/** Bilevel pictures of a fax, 0 or 255 a pixel. */
async function readFax(bytes: Uint8Array, canvas: Canvas): Promise<void> {
  const { data, info } = await toRaw(openImage(bytes).toColourspace('b-w').extractChannel(0));
  if (info.width !== canvas.width || info.height !== canvas.height)
    throw damaged('its sides are not what they should be');
  canvas.samples.set(data);
}

function toPicture(header: TiffHeader, { kind, isPremultiplied }: Layout, canvas: Canvas): Picture {
  const { samples, width, height } = canvas;
  const orientation = orientationOfTiff(header.directory);
  if (samples instanceof Uint16Array) {
    const raster = turnRaster({ data: samples, width, height, channels: 1 }, orientation);
    return { kind: 'grey16', raster, key: undefined, isBigEndian: !header.isLittle };
  }
  if (samples instanceof Int32Array)
    return {
      kind: 'numbers',
      raster: turnRaster({ data: samples, width, height, channels: 1 }, orientation),
    };
  if (samples instanceof Float32Array)
    return {
      kind: 'numbers',
      raster: turnRaster({ data: samples, width, height, channels: 1 }, orientation),
    };
  const rasterOf = (channels: 1 | 3 | 4): Raster =>
    turnRaster({ data: samples, width, height, channels }, orientation);
  switch (kind) {
    case 'indices':
      return colourIndices(rasterOf(1), paletteOf(header), undefined);
    case 'bilevel':
    case 'grey':
      return colours(turnRaster(spread(canvas, 1), orientation), 'none', kind === 'bilevel');
    case 'grey-alpha':
      return colours(turnRaster(spread(canvas, 2), orientation), 'channel');
    case 'rgb':
      return colours(rasterOf(3), 'none');
    case 'rgba':
      return colours(isPremultiplied ? divideByAlpha(rasterOf(4)) : rasterOf(4), 'channel');
    default:
      return { kind: 'cmyk', raster: rasterOf(4) };
  }
}

/**
 * The first picture of a TIFF as Pillow sees it, turned upright: Pillow turns TIFF while it loads it, whatever is asked for.
 *
 * @throws UNDECODABLE_IMAGE, UNSUPPORTED_IMAGE_FORMAT, IMAGE_TOO_LARGE
 */
export async function decodeTiff(bytes: Uint8Array, limits: ImageLimits): Promise<Picture> {
  const header = readTiffHeader(bytes);
  if (header === undefined) throw damaged('its header is damaged');
  checkPixels(header, limits);
  checkPixels({ width: header.segmentWidth, height: header.segmentHeight }, limits);
  const isTurned = orientationOfTiff(header.directory) !== 1;
  checkDecodeBytes(header, tiffDecodeBytes(header, isTurned), limits);
  const layout = layoutOf(header);
  const canvas = blankCanvas(header, layout);
  if (FAX.includes(header.compression) && layout.kind === 'bilevel') await readFax(bytes, canvas);
  else await readSegments(bytes, header, layout, canvas);
  return toPicture(header, layout, canvas);
}
