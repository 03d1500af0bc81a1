import { bytesOf, numbersOf, readDirectory, type Directory } from './directory.js';

/**
 * How the stored picture must be turned to stand upright, as EXIF numbers it: 1 as it is, 2 mirrored left to right,
 * 3 by 180°, 4 mirrored top to bottom, 5 along the main diagonal, 6 by 90° clockwise, 7 along the other diagonal,
 * 8 by 90° counterclockwise.
 */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const ORIENTATION_TAG = 0x0112;
const XMP_TAG = 700;
const PREFIX = Buffer.from('Exif\0\0', 'latin1');
/** Pillow's pattern: the attribute or the element, a single digit. */
const XMP_PATTERN = /tiff:Orientation(?:="|>)([0-9])/;

function asOrientation(value: number | undefined): Orientation {
  return value !== undefined && Number.isInteger(value) && value >= 1 && value <= 8
    ? (value as Orientation)
    : 1;
}

/** @returns undefined where the directory has no such field: then XMP is asked */
function statedIn(directory: Directory | undefined): Orientation | undefined {
  if (directory?.fields.has(ORIENTATION_TAG) !== true) return undefined;
  // Bytes and text are no numbers to Pillow, so that they state no turn.
  if (bytesOf(directory, ORIENTATION_TAG) !== undefined) return 1;
  return asOrientation(numbersOf(directory, ORIENTATION_TAG, 1)?.at(0));
}

function statedInXmp(xmp: Uint8Array | string): Orientation {
  const text = typeof xmp === 'string' ? xmp : Buffer.from(xmp).toString('latin1');
  const digit = XMP_PATTERN.exec(text)?.at(1);
  return digit === undefined ? 1 : asOrientation(Number(digit));
}

/** What a file says of itself besides its pixels. */
export interface Metadata {
  /** An EXIF block, with or without `Exif\0\0` before it. */
  readonly exif?: Uint8Array;
  readonly xmp?: Uint8Array | string;
}

/**
 * The orientation that EXIF states or, where it states none, XMP.
 *
 * Source: Pillow src/PIL/Image.py, `getexif` and `Exif.load`, and ImageOps.py, `exif_transpose`.
 */
export function orientationIn({ exif, xmp }: Metadata): Orientation {
  let block = exif ?? new Uint8Array();
  // Some programs write the prefix of JPEG's segment elsewhere too, or twice.
  for (let i = 0; i < 2 && PREFIX.equals(block.subarray(0, PREFIX.length)); i++) block = block.subarray(6);
  return statedIn(readDirectory(block)) ?? (xmp === undefined ? 1 : statedInXmp(xmp));
}

/** The orientation of a TIFF file, whose own directory holds EXIF's field and XMP. */
export function orientationOfTiff(directory: Directory): Orientation {
  const xmp = bytesOf(directory, XMP_TAG);
  return statedIn(directory) ?? (xmp === undefined ? 1 : statedInXmp(xmp));
}

/** Whether rows become columns. */
export function swapsSides(orientation: Orientation): boolean {
  return orientation >= 5;
}
