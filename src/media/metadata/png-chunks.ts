import { crc32 } from 'node:zlib';

/** One part of a PNG: `tEXt` and what it holds. */
export interface PngChunk {
  readonly type: string;
  readonly data: Uint8Array;
  /** Whether a chunk of the picture's data stands before it, or is it. */
  readonly isAfterData: boolean;
}

/** Fewer bytes than these Pillow refuses. Source: Pillow src/PIL/PngImagePlugin.py, `PngStream`. */
const LEAST_BYTES: Readonly<Record<string, number>> = {
  ...{ IHDR: 13, gAMA: 4, cHRM: 32, sRGB: 1, pHYs: 9, iCCP: 1 },
  ...{ acTL: 8, fcTL: 26, fdAT: 4 },
};
/** More chunks no program writes: data comes in pieces of 8 kB and more. */
const MAX_CHUNKS = 50_000;
const SIGNATURE_BYTES = 8;

/** Texts and profiles say how they are packed; only one way is known. */
function isPackedOtherwise({ type, data }: PngChunk): boolean {
  if (type !== 'zTXt' && type !== 'iCCP') return false;
  const end = data.indexOf(0);
  if (end < 0) return type === 'iCCP' && data[0] !== 0; // Pillow then looks at its first byte.
  return type === 'iCCP' ? data.at(end + 1) !== 0 : (data.at(end + 1) ?? 0) !== 0;
}

/**
 * The chunks up to IEND, or to where the file ends after its data.
 *
 * @throws Error where Pillow refuses the file: a check sum before the data is wrong, a chunk is cut short or holds less
 *   than it must, or there is no data; and for more chunks than any program writes
 */
export function* chunksOf(bytes: Uint8Array): Generator<PngChunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let isAfterData = false;
  let isDataOver = false;
  for (let at = SIGNATURE_BYTES, count = 0; ; count++) {
    if (count > MAX_CHUNKS) throw new Error(`The PNG has more than ${MAX_CHUNKS} chunks.`);
    const type = Buffer.from(bytes.subarray(at + 4, at + 8)).toString('latin1');
    if (!/^\w{4}$/.test(type)) {
      if (isAfterData) return;
      throw new Error('The PNG ends, or has something that is no chunk, before its data.');
    }
    if (type === 'IEND') {
      if (isAfterData) return;
      throw new Error('The PNG has no data.');
    }
    isAfterData ||= type === 'IDAT';
    isDataOver ||= isAfterData && type !== 'IDAT';
    const from = at + 8;
    const to = from + view.getUint32(at);
    const chunk = { type, data: bytes.subarray(from, to), isAfterData };
    // What its data lacks, if anything, is seen when it is unpacked.
    if (to > bytes.length && (type !== 'IDAT' || isDataOver))
      throw new Error(`The PNG's ${type} is cut short.`);
    if (chunk.data.length < (LEAST_BYTES[type] ?? 0) || isPackedOtherwise(chunk))
      throw new Error(`The PNG's ${type} holds less than it must, or is packed in an unknown way.`);
    if (!isAfterData && (to + 4 > bytes.length || crc32(bytes.subarray(at + 4, to)) !== view.getUint32(to)))
      throw new Error(`The check sum of the PNG's ${type} is wrong.`);
    yield chunk;
    at = to + 4;
  }
}
