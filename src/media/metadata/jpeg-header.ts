import type { Metadata } from './orientation.js';

/** What a JPEG's markers say before its first scan. */
export interface JpegHeader extends Metadata {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 colours, 4 CMYK. */
  readonly components: number;
  /** Bits of a sample. */
  readonly bits: number;
  /** The frame's coding, by its marker: 0xC0 to 0xCF. */
  readonly frame: number;
  /** Stored samples, of all components together: 3 where colours are as fine as brightness, 1.5 where half as fine both ways. */
  readonly samplesPerPixel: number;
  /** Whether more scans follow the first: a decoder then holds the whole picture's coefficients until the last. */
  readonly hasScans: boolean;
}

/** SOF2. Each of its scans refines the picture. */
const PROGRESSIVE = 0xc2;
const EXIF = Buffer.from('Exif\0\0', 'latin1');
const XMP = Buffer.from('http://ns.adobe.com/xap/1.0/\0', 'latin1');

function startsWith(bytes: Uint8Array, prefix: Buffer): boolean {
  return bytes.length >= prefix.length && prefix.equals(bytes.subarray(0, prefix.length));
}

/** Start of frame: 0xC0 to 0xCF, without the tables DHT, JPG and DAC. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** From a frame's header: what its components' sampling factors come to. Source: ITU-T T.81, A.1.1. */
function samplesPerPixel(frame: Uint8Array): number {
  const factors = Array.from({ length: frame[5] }, (_, i) => frame.at(7 + i * 3) ?? 0x11);
  const across = factors.map((factor) => factor >> 4);
  const down = factors.map((factor) => factor & 15);
  const finest = Math.max(1, ...across) * Math.max(1, ...down);
  return factors.reduce((sum, _, i) => sum + (across[i] * down[i]) / finest, 0);
}

/** Markers without a length: TEM, RST, SOI, EOI, and JPG and its extensions, which Pillow reads over. */
function isBare(marker: number): boolean {
  return marker === 0xc8 || (marker >= 0xd0 && marker <= 0xd9) || (marker >= 0xf0 && marker <= 0xfd);
}

/**
 * Reads a JPEG's header up to its first scan without a decoder. As Pillow and libjpeg do, bytes that belong to nothing
 * are passed over, metadata is looked for after the frame's header too, and EXIF may come in several pieces.
 *
 * @returns undefined where it can't be read: a decoder then says what is wrong
 * Sources: ITU-T T.81, Annex B; Exif 2.3, section 4.5; Pillow src/PIL/JpegImagePlugin.py.
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let frame: Omit<JpegHeader, 'exif' | 'xmp' | 'hasScans'> | undefined;
  const exif: Uint8Array[] = [];
  let xmp: Uint8Array | undefined;
  for (let at = 2; at + 3 < bytes.length;) {
    const marker = bytes[at + 1];
    // Junk, and bytes that fill up before a marker.
    if (bytes[at] !== 0xff || marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0 || isBare(marker)) {
      at += 2;
      continue;
    }
    if (marker < 0xc0) return undefined;
    const length = view.getUint16(at + 2);
    const segment = bytes.subarray(at + 4, at + 2 + length);
    if (marker === 0xda) {
      if (frame === undefined) return undefined;
      const hasScans = frame.frame === PROGRESSIVE || segment[0] < frame.components;
      return { ...frame, hasScans, exif: exif.length > 0 ? Buffer.concat(exif) : undefined, xmp };
    }
    if (length < 2 || segment.length < length - 2) return undefined;
    if (isFrame(marker)) {
      if (segment.length < 6) return undefined;
      frame = {
        frame: marker,
        bits: segment[0],
        height: view.getUint16(at + 5),
        width: view.getUint16(at + 7),
        components: segment[5],
        samplesPerPixel: samplesPerPixel(segment),
      };
    }
    if (marker === 0xe1 && startsWith(segment, EXIF))
      exif.push(exif.length > 0 ? segment.subarray(6) : segment);
    if (marker === 0xe1 && startsWith(segment, XMP)) xmp = segment.subarray(XMP.length);
    at += 2 + length;
  }
  return undefined;
}
