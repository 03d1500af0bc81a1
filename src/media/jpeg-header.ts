/** What a JPEG's markers say before its first scan. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 colours, 4 CMYK. */
  readonly components: number;
  /** As EXIF states it, 1 to 8; 1 where it states none. */
  readonly orientation: number;
}

const ORIENTATION_TAG = 0x0112;

/** The orientation in the first directory of an EXIF block, which is laid out as a TIFF file. */
function exifOrientation(block: DataView): number {
  const isLittle = block.byteLength >= 8 && block.getUint16(0) === 0x4949;
  if (block.byteLength < 8 || (!isLittle && block.getUint16(0) !== 0x4d4d)) return 1;
  const directory = block.getUint32(4, isLittle);
  if (directory + 2 > block.byteLength) return 1;
  const entries = block.getUint16(directory, isLittle);
  for (let entry = 0; entry < entries; entry++) {
    const at = directory + 2 + entry * 12;
    if (at + 12 > block.byteLength) return 1;
    if (block.getUint16(at, isLittle) === ORIENTATION_TAG) return block.getUint16(at + 8, isLittle);
  }
  return 1;
}

/** Start of frame: 0xC0 to 0xCF, without the tables DHT, JPG and DAC. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/**
 * Reads a JPEG's header without a decoder.
 *
 * @returns undefined where it can't be read: a decoder then says what is wrong
 * Source: ITU-T T.81, Annex B; Exif 2.3, section 4.5.
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let orientation = 1;
  for (let at = 2; at + 9 < bytes.length;) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1];
    if (marker === 0xff) {
      at++; // Fill bytes may precede a marker.
      continue;
    }
    if (isFrame(marker)) {
      const components = bytes[at + 9];
      return { height: view.getUint16(at + 5), width: view.getUint16(at + 7), components, orientation };
    }
    if (marker === 0xd9 || marker === 0xda) return undefined;
    const hasNoLength = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
    const length = hasNoLength ? 0 : view.getUint16(at + 2);
    const isExif = marker === 0xe1 && length >= 8 && view.getUint32(at + 4) === 0x45786966; // "Exif"
    if (isExif && at + 2 + length <= bytes.length) {
      orientation = exifOrientation(new DataView(bytes.buffer, bytes.byteOffset + at + 10, length - 8));
    }
    at += 2 + length;
  }
  return undefined;
}
