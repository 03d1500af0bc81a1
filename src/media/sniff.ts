import { ClipgraphError } from '../errors/index.js';
import { isAvif, otherFormatOf } from './other-formats.js';

/** Formats that are decoded. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif';

const ascii = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));

function hasBytes(bytes: Uint8Array, expected: readonly number[], at = 0): boolean {
  return expected.every((byte, i) => bytes[at + i] === byte);
}

const SIGNATURES: readonly (readonly [ImageFormat, (bytes: Uint8Array) => boolean])[] = [
  ['jpeg', (bytes) => hasBytes(bytes, [0xff, 0xd8, 0xff])],
  ['png', (bytes) => hasBytes(bytes, [0x89, ...ascii('PNG\r\n'), 0x1a, 0x0a])],
  ['gif', (bytes) => hasBytes(bytes, ascii('GIF87a')) || hasBytes(bytes, ascii('GIF89a'))],
  ['webp', (bytes) => hasBytes(bytes, ascii('RIFF')) && hasBytes(bytes, ascii('WEBP'), 8)],
  // TIFF and BigTIFF, in either order; Pillow reads the number in the wrong order, too.
  [
    'tiff',
    (bytes) =>
      [42, 43].some(
        (version) => hasBytes(bytes, [0x49, 0x49, version, 0]) || hasBytes(bytes, [0x4d, 0x4d, 0, version]),
      ) ||
      hasBytes(bytes, [0x49, 0x49, 0, 42]) ||
      hasBytes(bytes, [0x4d, 0x4d, 42, 0]),
  ],
  ['avif', isAvif],
];

/** The extensions of what is decoded, in lower case, with the dot. */
export const IMAGE_EXTENSIONS: readonly string[] = [
  ...['.jpg', '.jpeg', '.jpe', '.jfif', '.pjpeg', '.pjp', '.mpo'],
  ...['.png', '.apng', '.webp', '.gif', '.tif', '.tiff', '.avif'],
];

const NAMES: Record<ImageFormat, string> = {
  jpeg: 'JPEG',
  png: 'PNG',
  webp: 'WebP',
  gif: 'GIF',
  tiff: 'TIFF',
  avif: 'AVIF',
};

/** The format as people write it. */
export function nameOf(format: ImageFormat): string {
  return NAMES[format];
}

/**
 * The format that the first bytes state. No decoder sees bytes that don't begin like one of the supported formats:
 * HEIC, SVG, PDF and all else end here, with the command that converts them where it is known.
 *
 * @throws UNDECODABLE_IMAGE when there are no bytes, UNSUPPORTED_IMAGE_FORMAT
 */
export function sniffFormat(bytes: Uint8Array): ImageFormat {
  if (bytes.length === 0)
    throw new ClipgraphError('UNDECODABLE_IMAGE', 'The picture is empty: it has no bytes.');
  const other = otherFormatOf(bytes);
  const found = other === undefined ? SIGNATURES.find(([, matches]) => matches(bytes)) : undefined;
  if (found !== undefined) return found[0];
  const what =
    other === undefined
      ? 'The bytes are not a picture of a supported format.'
      : `The picture is in the format ${other.name}, which is not decoded. Convert it first: ${other.command}.`;
  throw new ClipgraphError('UNSUPPORTED_IMAGE_FORMAT', `${what} Send JPEG, PNG, WebP, GIF, TIFF or AVIF.`);
}
