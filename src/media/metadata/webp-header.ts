import type { Metadata } from './orientation.js';

/** What a WebP's chunks say before anything is decoded. */
export interface WebpHeader extends Metadata {
  /** Of the canvas. */
  readonly width: number;
  readonly height: number;
  /** Whether several frames make one canvas, and whether that has an alpha channel. */
  readonly isAnimated: boolean;
  readonly hasAlpha: boolean;
}

const FLAGS = { animation: 0x02, xmp: 0x04, exif: 0x08, alpha: 0x10 } as const;

/** A little-endian integer of three bytes. */
function uint24(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
}

/** The sides of a bare lossy (`VP8 `) or lossless (`VP8L`) picture. */
function sidesOf(type: string, chunk: Uint8Array): { width: number; height: number } | undefined {
  if (type === 'VP8 ' && chunk.length >= 10 && uint24(chunk, 3) === 0x2a019d) {
    const side = (at: number): number => (chunk[at] | (chunk[at + 1] << 8)) & 0x3fff;
    return { width: side(6), height: side(8) };
  }
  if (type === 'VP8L' && chunk.length >= 5 && chunk[0] === 0x2f) {
    const bits = (uint24(chunk, 1) | (chunk[4] << 24)) >>> 0;
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  return undefined;
}

/**
 * Reads a WebP's size and metadata without a decoder. As libwebp's demuxer does, EXIF and XMP are taken where the
 * header's flags announce them, and of several the first.
 *
 * @returns undefined where it can't be read: a decoder then says what is wrong
 * Sources: WebP container specification (RFC 9649), 2; libwebp src/demux/demux.c.
 */
export function readWebpHeader(bytes: Uint8Array): WebpHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 20) return undefined;
  let sides: { width: number; height: number } | undefined;
  let flags = 0;
  let exif: Uint8Array | undefined;
  let xmp: Uint8Array | undefined;
  for (let at = 12; at + 8 <= bytes.length;) {
    const type = Buffer.from(bytes.subarray(at, at + 4)).toString('latin1');
    const length = view.getUint32(at + 4, true);
    const chunk = bytes.subarray(at + 8, at + 8 + length);
    if (at === 12 && type !== 'VP8X') {
      const bare = sidesOf(type, chunk);
      return bare && { ...bare, isAnimated: false, hasAlpha: type === 'VP8L' };
    }
    if (type === 'VP8X' && at === 12) {
      if (chunk.length < 10) return undefined;
      flags = chunk[0];
      sides = { width: uint24(chunk, 4) + 1, height: uint24(chunk, 7) + 1 };
    } else if (type === 'EXIF' && (flags & FLAGS.exif) !== 0) exif ??= chunk;
    else if (type === 'XMP ' && (flags & FLAGS.xmp) !== 0) xmp ??= chunk;
    at += 8 + length + (length & 1);
  }
  return (
    sides && {
      ...sides,
      isAnimated: (flags & FLAGS.animation) !== 0,
      hasAlpha: (flags & FLAGS.alpha) !== 0,
      exif,
      xmp,
    }
  );
}
