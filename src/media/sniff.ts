import { ClipgraphError } from '../errors/index.js';

/** Formats that are decoded. */
export type ImageFormat = 'jpeg' | 'png' | 'webp';

function startsWith(bytes: Uint8Array, signature: readonly number[], at = 0): boolean {
  return signature.every((byte, i) => bytes[at + i] === byte);
}

const ascii = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));

/**
 * The format that the first bytes state. No decoder sees bytes that don't begin like one of the supported formats.
 *
 * @throws UNDECODABLE_IMAGE when there are no bytes, UNSUPPORTED_IMAGE_FORMAT
 */
export function sniffFormat(bytes: Uint8Array): ImageFormat {
  if (bytes.length === 0)
    throw new ClipgraphError('UNDECODABLE_IMAGE', 'The picture is empty: it has no bytes.');
  if (startsWith(bytes, [0xff, 0xd8, 0xff])) return 'jpeg';
  if (startsWith(bytes, [0x89, ...ascii('PNG\r\n'), 0x1a, 0x0a])) return 'png';
  if (startsWith(bytes, ascii('RIFF')) && startsWith(bytes, ascii('WEBP'), 8)) return 'webp';
  throw new ClipgraphError(
    'UNSUPPORTED_IMAGE_FORMAT',
    'The bytes are not a picture of a supported format. Send JPEG, PNG or WebP.',
  );
}
