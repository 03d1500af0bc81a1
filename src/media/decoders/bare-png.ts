import { constants, crc32, createInflate, deflateSync } from 'node:zlib';
import { PNG_COLOURS, type PngHeader } from '../metadata/png-header.js';

/** One of the parts in which a PNG's pixels are stored: all of them, or every so many. */
interface Pass {
  readonly left: number;
  readonly top: number;
  readonly across: number;
  readonly down: number;
  /** How many of the picture's columns and rows it holds. */
  readonly columns: number;
  readonly rows: number;
  /** Without the byte that names a row's filter. */
  readonly rowBytes: number;
}

type Steps = Pick<Pass, 'left' | 'top' | 'across' | 'down'>;

const WHOLE: readonly Steps[] = [{ left: 0, top: 0, across: 1, down: 1 }];
/** Source: PNG specification, third edition, 8.2. */
const ADAM7: readonly Steps[] = [
  { left: 0, top: 0, across: 8, down: 8 },
  { left: 4, top: 0, across: 8, down: 8 },
  { left: 0, top: 4, across: 4, down: 8 },
  { left: 2, top: 0, across: 4, down: 4 },
  { left: 0, top: 2, across: 2, down: 4 },
  { left: 1, top: 0, across: 2, down: 2 },
  { left: 0, top: 1, across: 1, down: 2 },
];
const SAMPLES: Readonly<Record<number, number>> = {
  [PNG_COLOURS.rgb]: 3,
  [PNG_COLOURS.greyAlpha]: 2,
  [PNG_COLOURS.rgbAlpha]: 4,
};
/** Bytes that are unpacked at a time, and beyond the last row, to see whether the check sum behind them is wrong. */
const SLACK = 65_536;

/** The passes of a picture that hold a pixel. */
export function passesOf({ width, height, depth, colourType, isInterlaced }: PngHeader): Pass[] {
  const bits = depth * (SAMPLES[colourType] ?? 1);
  return (isInterlaced ? ADAM7 : WHOLE)
    .map((pass) => {
      const columns = Math.max(0, Math.ceil((width - pass.left) / pass.across));
      const rows = Math.max(0, Math.ceil((height - pass.top) / pass.down));
      return { ...pass, columns, rows, rowBytes: Math.ceil((columns * bits) / 8) };
    })
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
}

/** Bytes of all rows, each with that of its filter. */
export function rowBytesOf(header: PngHeader): number {
  return passesOf(header).reduce((sum, { rows, rowBytes }) => sum + rows * (rowBytes + 1), 0);
}

/**
 * The rows of all passes as they are filtered, each after the byte of its filter. What follows them is left packed.
 *
 * @throws Error where the data is damaged, or ends before the last row; the check sum behind it may be missing, as Pillow
 *   has it
 */
export async function inflatedRows(header: PngHeader): Promise<Uint8Array> {
  const length = rowBytesOf(header);
  const inflate = createInflate({ finishFlush: constants.Z_SYNC_FLUSH, chunkSize: SLACK });
  inflate.end(Buffer.concat(header.data));
  const rows = new Uint8Array(length);
  let size = 0;
  for await (const part of inflate as AsyncIterable<Buffer>) {
    rows.set(part.subarray(0, Math.max(0, length - size)), Math.min(size, length));
    size += part.length;
    if (size > length + SLACK) break;
  }
  if (size < length) throw new Error("The PNG's data is cut short.");
  return rows;
}

function chunk(type: string, parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), ...parts]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(body.length - 4);
  out.set(body, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

function file(
  { width, height, depth, colourType, isInterlaced }: PngHeader,
  data: readonly Uint8Array[],
): Buffer {
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, depth, colourType, 0, 0, isInterlaced ? 1 : 0]);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([signature, chunk('IHDR', [head]), chunk('IDAT', data), chunk('IEND', [])]);
}

/**
 * A PNG of the same pixels that holds nothing but its header and its data: libpng unpacks every text, and refuses unknown
 * or misplaced chunks that Pillow reads over.
 */
export function barePng(header: PngHeader): Buffer {
  return file(header, header.data);
}

/**
 * The same, its data packed anew: libpng refuses data without its check sum.
 *
 * @throws Error where the data is damaged or cut short
 */
export async function repackedPng(header: PngHeader): Promise<Buffer> {
  return file(header, [deflateSync(await inflatedRows(header), { level: 0 })]);
}
