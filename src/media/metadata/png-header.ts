import { inflateSync } from 'node:zlib';
import type { Metadata } from './orientation.js';

/** What a PNG's chunks say besides the pixels. */
export interface PngHeader extends Metadata {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample. */
  readonly depth: number;
  /** One of `PNG_COLOURS`. */
  readonly colourType: number;
  readonly isInterlaced: boolean;
  /** The colours of PLTE, three bytes each. */
  readonly palette?: Uint8Array;
  /** What tRNS holds: alphas of a palette, or the samples of the one transparent colour, 16 bits each. */
  readonly transparency?: Uint8Array;
  /** Where the chunks of the picture's data lie in the file. */
  readonly data: readonly Uint8Array[];
}

export const PNG_COLOURS = { grey: 0, rgb: 2, palette: 3, greyAlpha: 4, rgbAlpha: 6 } as const;

/** Larger texts are not read. Source: Pillow src/PIL/PngImagePlugin.py, `MAX_TEXT_CHUNK`. */
const MAX_TEXT = 1 << 20;
/** More chunks no program writes: data comes in pieces of 8 kB and more. */
const MAX_CHUNKS = 50_000;
const IMAGEMAGICK_EXIF = 'Raw profile type exif';
const XMP = 'XML:com.adobe.xmp';

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

function inflated(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return inflateSync(bytes, { maxOutputLength: MAX_TEXT });
  } catch {
    return undefined; // Damaged, or more than anybody writes there: no metadata, but still a picture.
  }
}

/** The keyword and the text of tEXt, zTXt or iTXt; the text only where the keyword is one that is looked for. */
function readText(type: string, chunk: Uint8Array): { keyword: string; text?: Uint8Array } | undefined {
  const end = chunk.subarray(0, 80).indexOf(0);
  if (end < 1) return undefined;
  const keyword = latin1(chunk.subarray(0, end));
  if (keyword !== IMAGEMAGICK_EXIF && keyword !== XMP && keyword !== 'exif') return undefined;
  if (type === 'tEXt') return { keyword, text: chunk.subarray(end + 1) };
  if (type === 'zTXt') return { keyword, text: inflated(chunk.subarray(end + 2)) };
  const isCompressed = chunk[end + 1] !== 0;
  const language = chunk.indexOf(0, end + 3);
  const translated = language < 0 ? -1 : chunk.indexOf(0, language + 1);
  if (translated < 0 || (isCompressed && chunk[end + 2] !== 0)) return undefined;
  const text = chunk.subarray(translated + 1);
  return { keyword, text: isCompressed ? inflated(text) : text };
}

/** ImageMagick's profile: an empty line, its name, its length, then the block in hexadecimal. */
function readRawProfile(text: Uint8Array): Uint8Array | undefined {
  const digits = latin1(text.subarray(0, MAX_TEXT)).split('\n').slice(3).join('').replace(/\s+/g, '');
  return digits.length % 2 === 0 && !/[^0-9a-f]/i.test(digits) ? Buffer.from(digits, 'hex') : undefined;
}

/**
 * Reads a PNG's header and, of all its chunks, those that say something of the picture: metadata may stand after the data.
 *
 * @returns undefined where IHDR can't be read: a decoder then says what is wrong
 * Sources: PNG specification, third edition, 11; Pillow src/PIL/PngImagePlugin.py.
 */
export function readPngHeader(bytes: Uint8Array): PngHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 33 || view.getUint32(12) !== 0x49484452) return undefined; // "IHDR"
  let palette: Uint8Array | undefined;
  let transparency: Uint8Array | undefined;
  let exif: Uint8Array | undefined;
  let profile: Uint8Array | undefined;
  let xmp: Uint8Array | undefined;
  const data: Uint8Array[] = [];
  for (let at = 8 + 12 + view.getUint32(8), chunks = 0; at + 8 <= bytes.length; chunks++) {
    if (chunks > MAX_CHUNKS) return undefined;
    const length = view.getUint32(at);
    const type = latin1(bytes.subarray(at + 4, at + 8));
    const chunk = bytes.subarray(at + 8, at + 8 + length);
    if (type === 'IEND') break;
    if (type === 'PLTE') palette = chunk;
    else if (type === 'tRNS') transparency ??= chunk;
    else if (type === 'IDAT') data.push(chunk);
    else if (type === 'eXIf') exif = chunk;
    else if (type === 'tEXt' || type === 'zTXt' || type === 'iTXt') {
      const found = readText(type, chunk);
      if (found?.text !== undefined) {
        if (found.keyword === XMP) xmp = found.text;
        else if (found.keyword === IMAGEMAGICK_EXIF) profile = readRawProfile(found.text);
        else if (type === 'tEXt') exif = found.text;
      }
    }
    at += 12 + length;
  }
  return {
    width: view.getUint32(16),
    height: view.getUint32(20),
    depth: bytes[24],
    colourType: bytes[25],
    isInterlaced: bytes[28] !== 0,
    palette,
    transparency,
    data,
    exif: exif ?? profile,
    xmp,
  };
}
