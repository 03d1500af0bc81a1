import { damaged, type Database } from './database.js';
import { checksumOfBytes } from './format.js';

/** Neighbouring rows: which of them are there, and their vectors. */
export interface Block {
  /** Bit `i` says whether row `i` of the block is there. */
  present: number;
  /** float32 `[blockRows, dimensions]`, zeros where no row is. */
  readonly vectors: Float32Array;
}

/** As it is kept. */
export interface KeptBlock extends Block {
  /** Of its bytes, and its number. */
  readonly crc: number;
}

/** Of a block's record: which rows are there, in 32 bits. */
const HEADER_BYTES = 4;
const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** Float32 from little-endian bytes: on nearly every machine a copy. */
function toNumbers(bytes: Uint8Array): Float32Array {
  const copy = new Uint8Array(bytes);
  if (!LITTLE_ENDIAN) Buffer.from(copy.buffer).swap32();
  return new Float32Array(copy.buffer);
}

function toBytes(vectors: Float32Array, target: Buffer): void {
  target.set(new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength));
  if (!LITTLE_ENDIAN) target.swap32();
}

export function emptyBlock(blockRows: number, dimensions: number): Block {
  return { present: 0, vectors: new Float32Array(blockRows * dimensions) };
}

/** @throws STORE_UNAVAILABLE when it is not what was written */
function decodeBlock(file: string, number: number, data: Buffer, crc: number): KeptBlock {
  if (checksumOfBytes(number, data) !== crc || data.length < HEADER_BYTES) throw damaged(file);
  return { present: data.readUInt32LE(0), vectors: toNumbers(data.subarray(HEADER_BYTES)), crc };
}

/**
 * Reads a block's vectors to where they are wanted, zeros where no row is.
 *
 * @param target float32 `[blockRows, dimensions]`
 * @returns bit `i` says whether row `i` of the block is there
 * @throws STORE_UNAVAILABLE when it is not what was written
 */
export function decodeBlockTo(
  target: Float32Array,
  file: string,
  number: number,
  data: Buffer,
  crc: number,
): number {
  const isWhole = data.length === HEADER_BYTES || data.length === HEADER_BYTES + target.byteLength;
  if (!isWhole || checksumOfBytes(number, data) !== crc) throw damaged(file);
  const bytes = Buffer.from(target.buffer, target.byteOffset, target.byteLength);
  const length = data.copy(bytes, 0, HEADER_BYTES);
  bytes.fill(0, length);
  if (!LITTLE_ENDIAN) bytes.swap32();
  return data.readUInt32LE(0);
}

/** A block without rows keeps its record, for those who have to hear of it, but not its bytes. */
function encodeBlock({ present, vectors }: Block): Buffer {
  const data = Buffer.alloc(HEADER_BYTES + (present === 0 ? 0 : vectors.byteLength));
  data.writeUInt32LE(present >>> 0, 0);
  if (present !== 0) toBytes(vectors, data.subarray(HEADER_BYTES));
  return data;
}

/** @returns undefined for one that was never written */
export function readBlock(database: Database, number: number): KeptBlock | undefined {
  const found = database.prepare('select data, crc from blocks where block = ?').get(number);
  if (found === undefined) return undefined;
  const [data, crc] = found as [Buffer, number];
  return decodeBlock(database.file, number, data, crc);
}

export function writeBlock(database: Database, number: number, seq: number, block: Block): void {
  const data = encodeBlock(block);
  database
    .prepare(
      'insert into blocks values (?, ?, ?, ?) on conflict (block) do update set seq = excluded.seq, data = excluded.data, crc = excluded.crc',
    )
    .run(number, seq, data, checksumOfBytes(number, data));
}
