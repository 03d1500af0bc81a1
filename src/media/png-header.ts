/** What a PNG's first chunks say. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample. */
  readonly depth: number;
  /** One of `PNG_COLOURS`. */
  readonly colourType: number;
  /** The transparent sample of a grey picture, where tRNS names one. */
  readonly greyKey: number | undefined;
}

export const PNG_COLOURS = { grey: 0, rgb: 2, palette: 3, greyAlpha: 4, rgbAlpha: 6 } as const;

/**
 * Reads a PNG's header and, of the chunks before the data, tRNS.
 *
 * @returns undefined where IHDR can't be read: a decoder then says what is wrong
 * Source: PNG specification, third edition, 11.2.1 and 11.3.1.1.
 */
export function readPngHeader(bytes: Uint8Array): PngHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 33 || view.getUint32(12) !== 0x49484452) return undefined; // "IHDR"
  let greyKey: number | undefined;
  for (let at = 33; at + 10 <= bytes.length; at += view.getUint32(at) + 12) {
    const type = view.getUint32(at + 4);
    if (type === 0x74524e53) greyKey = view.getUint16(at + 8); // "tRNS"
    if (type === 0x49444154) break; // "IDAT"
  }
  return {
    width: view.getUint32(16),
    height: view.getUint32(20),
    depth: bytes[24],
    colourType: bytes[25],
    greyKey,
  };
}
