import fs from 'node:fs';
import { crc32 } from 'node:zlib';
import { PACKED_FORMAT, type VectorIndex } from 'clipgraph/core';
import type { Steps } from './steps.js';

/**
 * The vectors of whole blocks as they are searched: a quarter of what they take in the collection's file, and nothing to
 * compute when they are loaded. Each block has the checksum of what it was made of: what has changed since is read anew.
 *
 * In the order of bytes of the machine, which the magic tells: the magic, the length and the checksum of the table, the table (`TABLE_WORDS` numbers, the mean, and for each
 * block its checksum and which rows are there, then a checksum for each chunk), and the chunks, of so many blocks each.
 */
const MAGIC = 0x6b_70_67_63;
const HEAD_BYTES = 12;
const TABLE_WORDS = 4;
/** Bytes of a chunk, about: a step. */
const CHUNK_BYTES = 2 * 2 ** 20;

/** What is known of blocks, by their numbers: the checksum, and a bit for each row that is there. */
export interface Marks {
  readonly crcs: Uint32Array;
  readonly present: Uint32Array;
}

interface Table extends Marks {
  readonly mean: Float32Array;
  readonly chunkCrcs: Uint32Array;
}

/** How many of what there are, by which everything has its place. */
interface Size {
  readonly dimensions: number;
  readonly blockRows: number;
  readonly packedBytes: number;
  readonly blocks: number;
}

function placesOf({ blockRows, packedBytes, blocks }: Size, codes: number) {
  const blockBytes = blockRows * packedBytes;
  const chunkBlocks = Math.max(1, Math.floor(CHUNK_BYTES / blockBytes));
  const chunks = Math.ceil(blocks / chunkBlocks);
  const tableBytes = 4 * (TABLE_WORDS + codes + 2 * blocks + chunks);
  return { blockBytes, chunkBlocks, chunks, tableBytes, recordsAt: HEAD_BYTES + tableBytes };
}

/** Views of a table in its bytes. */
function tableIn(bytes: Uint8Array, codes: number, blocks: number, chunks: number): Table {
  let at = bytes.byteOffset + 4 * TABLE_WORDS;
  const words = (count: number): [ArrayBuffer, number, number] => {
    const from = at;
    at += 4 * count;
    return [bytes.buffer as ArrayBuffer, from, count];
  };
  return {
    mean: new Float32Array(...words(codes)),
    crcs: new Uint32Array(...words(blocks)),
    present: new Uint32Array(...words(blocks)),
    chunkCrcs: new Uint32Array(...words(chunks)),
  };
}

const wordsOf = ({ dimensions, blockRows, blocks }: Size): number[] => [
  PACKED_FORMAT,
  dimensions,
  blockRows,
  blocks,
];

/** Reads exactly so many bytes; throws where there are fewer. */
function readAt(handle: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) {
    const read = fs.readSync(handle, bytes, done, bytes.length - done, position + done);
    if (read === 0) throw new Error('The file of packed vectors is too short.');
    done += read;
  }
}

/** Writes all of them; throws where there is no room. */
function writeAt(handle: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) {
    done += fs.writeSync(handle, bytes, done, bytes.length - done, position + done);
  }
}

/** @throws what is no such file, is damaged, or was made otherwise */
function readTable(handle: number, size: Omit<Size, 'blocks'>, codes: number): { table: Table; size: Size } {
  const head = new Uint32Array(HEAD_BYTES / 4 + TABLE_WORDS);
  readAt(handle, new Uint8Array(head.buffer), 0);
  const [magic, tableBytes, crc] = head;
  const whole: Size = { ...size, blocks: head[HEAD_BYTES / 4 + TABLE_WORDS - 1] };
  const places = placesOf(whole, codes);
  const isOurs = magic === MAGIC && wordsOf(whole).every((word, i) => word === head[HEAD_BYTES / 4 + i]);
  if (!isOurs || tableBytes !== places.tableBytes || fs.fstatSync(handle).size < places.recordsAt) {
    throw new Error('The file of packed vectors is of another kind.');
  }
  const bytes = new Uint8Array(tableBytes);
  readAt(handle, bytes, HEAD_BYTES);
  if (crc32(bytes) !== crc) throw new Error('The file of packed vectors is damaged.');
  return { table: tableIn(bytes, codes, whole.blocks, places.chunks), size: whole };
}

/**
 * Fills an empty index from the file, as far as it is sound.
 *
 * @param most blocks that there are
 * @returns what the rows in the index were made of; undefined where there is no such file
 */
export function* readPacked(
  file: string,
  index: VectorIndex,
  blockRows: number,
  most: number,
): Steps<Marks | undefined> {
  let handle: number | undefined;
  let marks: Marks | undefined;
  try {
    handle = fs.openSync(file, 'r');
    const given = { dimensions: index.dimensions, blockRows, packedBytes: index.packedBytes };
    const { table, size } = readTable(handle, given, index.mean.length);
    // Of a collection that was put back from a backup.
    if (size.blocks > most) return undefined;
    const { blockBytes, chunkBlocks, chunks, recordsAt } = placesOf(size, index.mean.length);
    for (let chunk = 0; chunk < chunks; chunk++) {
      const first = chunk * chunkBlocks;
      const count = Math.min(chunkBlocks, size.blocks - first);
      const from = handle;
      index.appendPacked(count * blockRows, table.mean, (packed) => {
        readAt(from, packed, recordsAt + first * blockBytes);
        if (crc32(packed) !== table.chunkCrcs[chunk]) throw new Error('A chunk is damaged.');
      });
      marks = table;
      yield;
    }
  } catch {
    // It is not there, or what follows is damaged, or is being taken away: that is read from the collection's file.
  } finally {
    if (handle !== undefined) fs.closeSync(handle);
  }
  return marks;
}

/** What is to be kept in a file. */
export interface Packed {
  readonly index: VectorIndex;
  readonly blockRows: number;
  /** Of all blocks, as they are in the index now. */
  readonly marks: () => Marks;
}

/**
 * Writes such a file of the whole blocks that there are. What changes on the way is written as it is when its turn comes,
 * with the checksum of that moment.
 */
export function* writePacked(file: string, { index, blockRows, marks }: Packed): Steps<void> {
  const blocks = Math.floor(index.length / blockRows);
  const size: Size = { dimensions: index.dimensions, blockRows, packedBytes: index.packedBytes, blocks };
  const codes = index.mean.length;
  const { chunkBlocks, chunks, tableBytes, blockBytes, recordsAt } = placesOf(size, codes);
  const bytes = new Uint8Array(tableBytes);
  new Uint32Array(bytes.buffer, 0, TABLE_WORDS).set(wordsOf(size));
  const table = tableIn(bytes, codes, blocks, chunks);
  table.mean.set(index.mean);
  const handle = fs.openSync(file, 'wx', 0o600);
  try {
    for (let chunk = 0; chunk < chunks; chunk++) {
      const first = chunk * chunkBlocks;
      const end = Math.min(blocks, first + chunkBlocks);
      const packed = index.packed(first * blockRows, (end - first) * blockRows);
      table.chunkCrcs[chunk] = crc32(packed);
      const now = marks();
      table.crcs.set(now.crcs.subarray(first, end), first);
      table.present.set(now.present.subarray(first, end), first);
      writeAt(handle, packed, recordsAt + first * blockBytes);
      yield;
    }
    writeAt(handle, bytes, HEAD_BYTES);
    writeAt(handle, new Uint8Array(Uint32Array.of(MAGIC, tableBytes, crc32(bytes)).buffer), 0);
  } finally {
    fs.closeSync(handle);
  }
}
