import { setImmediate as nextTurn } from 'node:timers/promises';
import { ClipgraphError } from '../errors/index.js';
import type { ByteShare } from './byte-budget.js';
import { checkImageSize } from './image-limits.js';

const DATA_URI = /^data:([^,]{0,200}),/;
/** Characters decoded at a time; between two slices the event loop goes on. A multiple of 4, decoded in well under a millisecond. */
const SLICE = 256 * 1024;
const ALPHABET = /^[A-Za-z0-9+/]*$/;

function invalid(reason: string): ClipgraphError {
  return new ClipgraphError('INVALID_BASE64', `The picture is not base64: ${reason}.`);
}

/**
 * Decodes standard base64 (RFC 4648), with or without a `data:` prefix and line breaks.
 *
 * @param maxBytes of the result
 * @param share that the result is drawn from before it is made
 * @throws INVALID_BASE64, IMAGE_TOO_LARGE; OVERLOADED where there is no room for it
 */
export async function decodeBase64(text: string, maxBytes: number, share?: ByteShare): Promise<Uint8Array> {
  const prefix = text.startsWith('data:') ? DATA_URI.exec(text) : null;
  if (text.startsWith('data:') && prefix?.[1].endsWith(';base64') !== true) {
    throw invalid('a data: URI must say ;base64 before its comma');
  }
  const encoded = await withoutWhiteSpace(text.slice(prefix?.[0].length ?? 0));
  const padding = encoded.endsWith('==') ? 2 : encoded.endsWith('=') ? 1 : 0;
  const digits = encoded.length - padding;
  if (encoded.length % 4 !== 0) {
    throw invalid(`its length, ${encoded.length} characters, is not a multiple of 4; padding belongs to it`);
  }
  const size = (encoded.length / 4) * 3 - padding;
  checkImageSize(size, maxBytes);
  share?.take(size);
  const bytes = Buffer.allocUnsafeSlow(size);
  for (let at = 0; at < encoded.length; at += SLICE) {
    if (at > 0) await nextTurn();
    const slice = encoded.slice(at, at + SLICE);
    if (!ALPHABET.test(slice.slice(0, Math.max(0, digits - at)))) {
      throw invalid('it holds characters outside the standard alphabet (A-Z, a-z, 0-9, + and /)');
    }
    bytes.write(slice, (at / 4) * 3, 'base64');
  }
  return bytes;
}

/** Tools wrap base64 at 76 characters; the breaks mean nothing. */
async function withoutWhiteSpace(text: string): Promise<string> {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += SLICE) {
    if (at > 0) await nextTurn();
    pieces.push(text.slice(at, at + SLICE).replace(/[\t\n\r ]+/g, ''));
  }
  return pieces.length === 1 ? pieces[0] : pieces.join('');
}
