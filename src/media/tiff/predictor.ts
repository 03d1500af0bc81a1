import { damaged } from './refusal.js';

export interface Row {
  /** Samples of a pixel. */
  readonly samples: number;
  /** Bits of a sample. */
  readonly bits: number;
  readonly rowBytes: number;
}

/** Each sample is the difference to that of the pixel before. */
function undoDifferences(data: Uint8Array, { samples, bits, rowBytes }: Row, isLittle: boolean): void {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let row = 0; row + rowBytes <= data.length; row += rowBytes) {
    const end = row + rowBytes;
    if (bits === 8) {
      for (let at = row + samples; at < end; at++) data[at] += data[at - samples];
    } else if (bits === 16) {
      for (let at = row + samples * 2; at < end; at += 2)
        view.setUint16(
          at,
          view.getUint16(at, isLittle) + view.getUint16(at - samples * 2, isLittle),
          isLittle,
        );
    } else {
      for (let at = row + samples * 4; at < end; at += 4)
        view.setUint32(
          at,
          view.getUint32(at, isLittle) + view.getUint32(at - samples * 4, isLittle),
          isLittle,
        );
    }
  }
}

/** Differences of bytes, which are sorted by their significance over the row. */
function undoFloat(data: Uint8Array, { samples, bits, rowBytes }: Row, isLittle: boolean): void {
  const bytes = bits / 8;
  const count = rowBytes / bytes;
  for (let row = 0; row + rowBytes <= data.length; row += rowBytes) {
    const line = data.subarray(row, row + rowBytes);
    for (let at = samples; at < rowBytes; at++) line[at] += line[at - samples];
    const sorted = Uint8Array.from(line); // A Buffer's slice would be the same memory.
    for (let sample = 0; sample < count; sample++) {
      for (let byte = 0; byte < bytes; byte++) {
        line[sample * bytes + (isLittle ? bytes - 1 - byte : byte)] = sorted[byte * count + sample];
      }
    }
  }
}

/**
 * Undoes the predictor of LZW, deflate, LZMA and Zstandard, in place.
 *
 * @throws UNDECODABLE_IMAGE for one that the depth does not allow
 * Sources: TIFF 6.0, section 14; TIFF Technical Note 3; libtiff tif_predict.c.
 */
export function undoPredictor(data: Uint8Array, predictor: number, row: Row, isLittle: boolean): void {
  const { bits } = row;
  if (predictor === 1) return;
  if (predictor === 2 && [8, 16, 32].includes(bits)) undoDifferences(data, row, isLittle);
  else if (predictor === 3 && [16, 32].includes(bits)) undoFloat(data, row, isLittle);
  else throw damaged(`its predictor ${predictor} does not go with ${bits} bits`);
}
