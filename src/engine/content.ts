import { ClipgraphError } from '../errors/index.js';

/** Where a picture's bytes come from. */
export type ImageSource =
  | { readonly bytes: Uint8Array }
  /** Standard base64, or a data: URI. */
  | { readonly base64: string }
  /** The name of a picture that ships with the package. */
  | { readonly example: string };

/** Something that has an embedding. */
export type Content = { readonly text: string } | { readonly image: ImageSource };

export type Modality = 'TEXT' | 'IMAGE';

export function modalityOf(content: Content): Modality {
  return 'text' in content ? 'TEXT' : 'IMAGE';
}

/**
 * @throws IMAGE_TOO_LARGE
 */
export function checkImageSize(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  const message = `The picture has ${bytes} bytes; the limit is ${maxBytes} (limits.maxImageBytes).`;
  throw new ClipgraphError('IMAGE_TOO_LARGE', message);
}

/**
 * @throws TEXT_TOO_LONG when it has more bytes than the server accepts, whatever its tokens
 */
export function checkTextSize(text: string, maxBytes: number): void {
  // A UTF-16 unit takes at most three bytes of UTF-8: short texts need no counting.
  if (text.length * 3 <= maxBytes) return;
  const bytes = Buffer.byteLength(text);
  if (bytes > maxBytes) {
    const message = `The text has ${bytes} bytes; the limit is ${maxBytes} (limits.maxTextBytes). Shorten it.`;
    throw new ClipgraphError('TEXT_TOO_LONG', message);
  }
}
