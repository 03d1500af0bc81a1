import { inflateSync } from 'node:zlib';
import type { Metadata } from './orientation.js';
import { chunksOf } from './png-chunks.js';

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

/** The samples of a colour type that tRNS may name one of. */
const KEY_SAMPLES: Readonly<Record<number, number>> = { [PNG_COLOURS.grey]: 1, [PNG_COLOURS.rgb]: 3 };

/** What IHDR says. */
type PngSize = Pick<PngHeader, 'width' | 'height' | 'depth' | 'colourType'>;

function sizeOf(head: Uint8Array): PngSize {
  const view = new DataView(head.buffer, head.byteOffset);
  return { width: view.getUint32(0), height: view.getUint32(4), depth: head[8], colourType: head[9] };
}

/**
 * The size alone, whatever else is wrong with the file.
 *
 * @returns undefined where it does not begin with IHDR
 */
export function readPngSize(bytes: Uint8Array): PngSize | undefined {
  const isHead = bytes.length >= 29 && latin1(bytes.subarray(12, 16)) === 'IHDR';
  return isHead ? sizeOf(bytes.subarray(16, 29)) : undefined;
}

/**
 * Reads a PNG's header and, of all its chunks, those that say something of the picture: metadata may stand after the data,
 * which itself ends with the first chunk that is none.
 *
 * @throws Error where Pillow refuses it
 * Sources: PNG specification, third edition, 11; Pillow src/PIL/PngImagePlugin.py.
 */
export function readPngHeader(bytes: Uint8Array): PngHeader {
  let head: Uint8Array | undefined;
  let palette: Uint8Array | undefined;
  let transparency: Uint8Array | undefined;
  let exif: Uint8Array | undefined;
  let profile: Uint8Array | undefined;
  let xmp: Uint8Array | undefined;
  let frames = 0;
  let isDataOver = false;
  const data: Uint8Array[] = [];
  for (const { type, data: chunk, isAfterData } of chunksOf(bytes)) {
    isDataOver ||= isAfterData && type !== 'IDAT';
    if (type === 'IHDR' && !isAfterData) head = chunk;
    else if (type === 'PLTE' && !isAfterData) palette = chunk;
    else if (type === 'tRNS') transparency = chunk;
    else if (type === 'IDAT' && !isDataOver) data.push(chunk);
    else if (type === 'acTL') frames = new DataView(chunk.buffer, chunk.byteOffset).getUint32(0);
    // The next frame: what follows is not the picture's.
    else if (type === 'fcTL' && isAfterData && frames > 1) break;
    else if (type === 'eXIf') exif = chunk;
    else if (type === 'tEXt' || type === 'zTXt' || type === 'iTXt') {
      const found = readText(type, chunk);
      if (found?.text !== undefined) {
        if (found.keyword === XMP) xmp = found.text;
        else if (found.keyword === IMAGEMAGICK_EXIF) profile = readRawProfile(found.text);
        else if (type === 'tEXt') exif = found.text;
      }
    }
  }
  if (head === undefined) throw new Error('The PNG has no header.');
  const size = sizeOf(head);
  if (head[11] !== 0) throw new Error('The PNG is filtered in an unknown way.');
  if (transparency !== undefined && transparency.length < 2 * (KEY_SAMPLES[size.colourType] ?? 0))
    throw new Error("The PNG's tRNS is too short.");
  return {
    ...size,
    isInterlaced: head[12] !== 0,
    palette,
    transparency,
    data,
    exif: exif ?? profile,
    xmp,
  };
}
