import { constants, inflateSync } from 'node:zlib';
import { decompress } from 'fzstd';
import { ClipgraphError } from '../../errors/index.js';
import { unpackLzw } from './lzw.js';
import { unpackPackBits } from './packbits.js';
import { damaged, unsupported } from './refusal.js';
import { unpackXz } from './xz.js';

/** Source: libtiff tiff.h, `COMPRESSION_`. */
export const COMPRESSIONS = {
  none: 1,
  huffman: 2,
  group3: 3,
  group4: 4,
  lzw: 5,
  oldJpeg: 6,
  jpeg: 7,
  deflate: 8,
  huffmanWords: 32_771,
  packBits: 32_773,
  oldDeflate: 32_946,
  lzma: 34_925,
  zstd: 50_000,
  webp: 50_001,
} as const;

const { lzw, deflate, oldDeflate, lzma, zstd } = COMPRESSIONS;
/** Those whose data may be differences. */
export const WITH_PREDICTOR: readonly number[] = [lzw, deflate, oldDeflate, lzma, zstd];

function inflate(data: Uint8Array, length: number, atMost: number): Uint8Array {
  // The end may be missing, as libtiff has it: what counts is that the pixels are there.
  const finishFlush = constants.Z_SYNC_FLUSH;
  const inflated = inflateSync(data, { maxOutputLength: atMost, finishFlush });
  if (inflated.length < length) throw damaged('it is cut short');
  return inflated;
}

/**
 * Unpacks a strip or a tile.
 *
 * @param length bytes that there must be
 * @param atMost bytes that may be unpacked: a last strip may hold rows below the picture
 * @throws UNDECODABLE_IMAGE, UNSUPPORTED_IMAGE_FORMAT
 */
export function unpack(compression: number, data: Uint8Array, length: number, atMost: number): Uint8Array {
  try {
    switch (compression) {
      case COMPRESSIONS.packBits:
        return unpackPackBits(data, length);
      case lzw:
        return unpackLzw(data, length);
      case deflate:
      case oldDeflate:
        return inflate(data, length, atMost);
      case zstd:
        return decompress(data, new Uint8Array(atMost));
      case lzma:
        return unpackXz(data, length);
    }
  } catch (cause) {
    if (cause instanceof ClipgraphError) throw cause;
    throw damaged('its data is damaged', cause);
  }
  throw unsupported(`with compression ${compression}`);
}
