/** A field of a directory: its values as bytes, in the order of the file. */
interface Field {
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** The first directory of a TIFF file, or of an EXIF block, which is laid out as one. */
export interface Directory {
  readonly isLittle: boolean;
  readonly fields: ReadonlyMap<number, Field>;
}

/** Bytes of one value of each type that Pillow reads; fields of other types are passed over. */
const SIZES: Readonly<Record<number, number>> = {
  1: 1, // BYTE
  2: 1, // ASCII
  3: 2, // SHORT
  4: 4, // LONG
  5: 8, // RATIONAL
  6: 1, // SBYTE
  7: 1, // UNDEFINED
  8: 2, // SSHORT
  9: 4, // SLONG
  10: 8, // SRATIONAL
  11: 4, // FLOAT
  12: 8, // DOUBLE
  13: 4, // IFD
  16: 8, // LONG8
};

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Little-endian `II`, big-endian `MM`; 42 or 43 (BigTIFF), in either order, as Pillow takes it. */
function readHead(bytes: Uint8Array): { isLittle: boolean; isBig: boolean } | undefined {
  if (bytes.length < 8) return undefined;
  const order = (bytes[0] << 8) | bytes[1];
  if (order !== 0x4949 && order !== 0x4d4d) return undefined;
  const isLittle = order === 0x4949;
  const [first, second] = [bytes[2], bytes[3]];
  const isBig = isLittle ? first === 43 && second === 0 : first === 0 && second === 43;
  const isClassic = (first === 42 && second === 0) || (first === 0 && second === 42);
  return isBig || isClassic ? { isLittle, isBig } : undefined;
}

/**
 * Reads the first directory as Pillow does: of fields that come twice the first counts, a field whose values lie outside
 * the file ends the directory, and the values together are no larger than the file.
 *
 * @returns undefined where the bytes do not begin like TIFF, or the directory lies outside them
 * Sources: TIFF 6.0, section 2; BigTIFF; Pillow src/PIL/TiffImagePlugin.py, `ImageFileDirectory_v2.load`.
 */
export function readDirectory(bytes: Uint8Array): Directory | undefined {
  const head = readHead(bytes);
  if (head === undefined) return undefined;
  const { isLittle, isBig } = head;
  const view = viewOf(bytes);
  const word = isBig ? 8 : 4;
  const uint = (at: number): number =>
    isBig ? Number(view.getBigUint64(at, isLittle)) : view.getUint32(at, isLittle);

  if (bytes.length < (isBig ? 16 : 8)) return undefined;
  let at = uint(isBig ? 8 : 4);
  const countBytes = isBig ? 8 : 2;
  if (at + countBytes > bytes.length) return undefined;
  const entries = isBig ? uint(at) : view.getUint16(at, isLittle);
  at += countBytes;

  const fields = new Map<number, Field>();
  let outside = 0;
  for (let entry = 0; entry < entries; entry++, at += 4 + 2 * word) {
    if (at + 4 + 2 * word > bytes.length) break;
    const tag = view.getUint16(at, isLittle);
    const type = view.getUint16(at + 2, isLittle);
    if (fields.has(tag) || !(type in SIZES)) continue;
    const size = uint(at + 4) * SIZES[type];
    if (size === 0) continue;
    let from = at + 4 + word;
    if (size > word) {
      from = uint(from);
      outside += size;
      if (outside > bytes.length) continue;
      if (from + size > bytes.length) break;
    }
    fields.set(tag, { type, bytes: bytes.subarray(from, from + size) });
  }
  return { isLittle, fields };
}

/** More strips, tiles or samples no picture has: a field of millions is made to take time and memory. */
const MOST_VALUES = 2 ** 20;

/**
 * The values of a field as numbers; undefined where the directory has none.
 *
 * @param most how many of them are read, from the first
 */
export function numbersOf(
  { fields, isLittle }: Directory,
  tag: number,
  most = MOST_VALUES,
): number[] | undefined {
  const field = fields.get(tag);
  if (field === undefined) return undefined;
  const { type, bytes } = field;
  const view = viewOf(bytes);
  const read: Readonly<Record<number, (at: number) => number>> = {
    3: (at) => view.getUint16(at, isLittle),
    4: (at) => view.getUint32(at, isLittle),
    5: (at) => view.getUint32(at, isLittle) / view.getUint32(at + 4, isLittle),
    6: (at) => view.getInt8(at),
    8: (at) => view.getInt16(at, isLittle),
    9: (at) => view.getInt32(at, isLittle),
    10: (at) => view.getInt32(at, isLittle) / view.getInt32(at + 4, isLittle),
    11: (at) => view.getFloat32(at, isLittle),
    12: (at) => view.getFloat64(at, isLittle),
    13: (at) => view.getUint32(at, isLittle),
    16: (at) => Number(view.getBigUint64(at, isLittle)),
  };
  const get = read[type] ?? ((at: number) => bytes[at]);
  return Array.from({ length: Math.min(most, bytes.length / SIZES[type]) }, (_, i) => get(i * SIZES[type]));
}

/** The bytes of a field of type BYTE, ASCII or UNDEFINED. */
export function bytesOf({ fields }: Directory, tag: number): Uint8Array | undefined {
  const field = fields.get(tag);
  return field !== undefined && [1, 2, 7].includes(field.type) ? field.bytes : undefined;
}
