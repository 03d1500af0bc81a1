import { VectorIndex, type ReadVector } from 'clipgraph/core';
import { decodeBlockTo, readBlock, type Block, type KeptBlock } from './blocks.js';
import { damaged, type Database } from './database.js';
import { packedFileOf } from './files.js';
import type { FileState } from './format.js';
import { readPacked, type Marks } from './packed-file.js';
import type { Steps } from './steps.js';

/** Blocks that are read at a time: about 2 MB. */
const SLICE = 64;
/** Blocks that are kept for the vectors that the next search compares. */
const RECENT = 128;

/** The checksum of each block as it is kept; undefined where a file of an early version has no index of them. */
function crcsIn(database: Database, blocks: number): Map<number, number> | undefined {
  const isIndexed =
    database.prepare("select 1 from sqlite_master where name = 'block_crcs'").get() !== undefined;
  if (!isIndexed) return undefined;
  const found = database.prepare('select block, crc from blocks indexed by block_crcs').all();
  return found.length < blocks ? undefined : new Map(found as [number, number][]);
}

/** A collection's vectors, packed in memory; brought up to date by what was changed since. */
export class LoadedVectors {
  /** The change up to which all is in the memory; -1: none. */
  seq = -1;
  /** Whether packed vectors that are kept could be told from those of other blocks. */
  isKeepable = false;
  /** Blocks that were read from the collection's file since the packed ones were kept. */
  readBlocks = 0;
  #index: VectorIndex;
  #marks: Marks = { crcs: new Uint32Array(0), present: new Uint32Array(0) };
  readonly #recent = new Map<number, Block>();

  /** Takes the memory for all rows at once. */
  constructor(state: FileState) {
    this.#index = new VectorIndex(state.dimensions, { rows: state.rows });
  }

  get index(): VectorIndex {
    return this.#index;
  }

  /** Of all blocks. */
  get marks(): Marks {
    return this.#marks;
  }

  /** Inside a transaction, which all that is read afterwards belongs to. */
  *refresh(database: Database, state: FileState): Steps<void> {
    if (this.seq === state.seq) return;
    // Were it left in the middle, some rows would be of the new state and some of the old.
    const before = this.seq;
    this.seq = -1;
    this.#recent.clear();
    if (before >= 0) yield* this.#readChanged(database, state, before);
    else {
      // It was left in the middle.
      if (this.index.length > 0) this.#index = new VectorIndex(state.dimensions, { rows: state.rows });
      yield* this.#loadPacked(database, state);
      yield* this.#load(database, state);
    }
    if (this.index.length !== state.rows || this.index.rows.size !== state.count)
      throw damaged(database.file);
    this.seq = state.seq;
  }

  *#readChanged(database: Database, state: FileState, since: number): Steps<void> {
    const changed = database.prepare('select block from blocks where seq > ? order by block').all(since);
    for (const [number] of changed as [number][]) {
      this.#reread(database, state, number);
      if (number % SLICE === 0) yield;
    }
  }

  #reread(database: Database, state: FileState, number: number): void {
    const block = readBlock(database, number);
    if (block === undefined) throw damaged(database.file);
    this.#apply(state, number, block);
  }

  /** Takes what was kept packed, and reads anew which blocks of it are others by now. */
  *#loadPacked(database: Database, state: FileState): Steps<void> {
    const { blockRows, rows, count } = state;
    const most = Math.floor(rows / blockRows);
    const crcs = crcsIn(database, Math.ceil(rows / blockRows));
    this.isKeepable = crcs !== undefined;
    if (crcs === undefined) return;
    const kept = yield* readPacked(packedFileOf(database.file), this.index, blockRows, most);
    if (kept === undefined) return;
    const blocks = this.index.length / blockRows;
    this.#growMarks(Math.ceil(rows / blockRows));
    for (let number = 0; number < blocks; number++) {
      if (kept.crcs[number] === crcs.get(number)) {
        this.#mark(number, kept.crcs[number], kept.present[number]);
        for (let at = 0; at < blockRows; at++) {
          if (((kept.present[number] >>> at) & 1) === 0) this.index.remove(number * blockRows + at);
        }
      } else this.#reread(database, state, number);
      if (number % SLICE === 0) yield;
    }
    // More than there are: what was kept is not what it says.
    if (this.index.rows.size > count) this.#index = new VectorIndex(state.dimensions, { rows });
  }

  /** What is in the memory not yet. */
  *#load(database: Database, state: FileState): Steps<void> {
    const select = database.prepare(
      `select block, data, crc from blocks where block >= ? order by block limit ${SLICE}`,
    );
    const { blockRows, dimensions, rows } = state;
    const end = Math.ceil(rows / blockRows);
    this.#growMarks(end);
    const vectors = new Float32Array(SLICE * blockRows * dimensions);
    for (let next = this.index.length / blockRows; next < end;) {
      const slice = select.all(next) as [number, Buffer, number][];
      if (slice.length === 0) throw damaged(database.file);
      const first = next * blockRows;
      const absent: number[] = [];
      for (const [i, [number, data, crc]] of slice.entries()) {
        if (number !== next++) throw damaged(database.file);
        const target = vectors.subarray(i * blockRows * dimensions, (i + 1) * blockRows * dimensions);
        const present = decodeBlockTo(target, database.file, number, data, crc);
        this.#mark(number, crc, present);
        const blockEnd = Math.min(blockRows, rows - number * blockRows);
        for (let at = 0; at < blockEnd; at++) {
          if (((present >>> at) & 1) === 1) continue;
          // A row keeps its number also while nothing is there.
          target[at * dimensions] = 1;
          absent.push(number * blockRows + at);
        }
      }
      // Together: of many the index takes their mean.
      this.index.append(vectors.subarray(0, (Math.min(rows, next * blockRows) - first) * dimensions));
      for (const row of absent) this.index.remove(row);
      this.readBlocks += slice.length;
      yield;
    }
  }

  #growMarks(blocks: number): void {
    const { crcs, present } = this.#marks;
    if (crcs.length >= blocks) return;
    const length = Math.max(blocks, Math.ceil(crcs.length * 1.25));
    this.#marks = { crcs: new Uint32Array(length), present: new Uint32Array(length) };
    this.#marks.crcs.set(crcs);
    this.#marks.present.set(present);
  }

  #mark(number: number, crc: number, present: number): void {
    this.#growMarks(number + 1);
    this.#marks.crcs[number] = crc;
    this.#marks.present[number] = present;
  }

  #apply(
    { blockRows, dimensions, rows }: FileState,
    number: number,
    { present, vectors, crc }: KeptBlock,
  ): void {
    this.#mark(number, crc, present);
    this.readBlocks++;
    const first = number * blockRows;
    const end = Math.min(first + blockRows, rows);
    const has = (row: number): boolean => ((present >>> (row - first)) & 1) === 1;
    const { index } = this;
    for (let row = first; row < Math.min(end, index.length); row++) {
      const at = (row - first) * dimensions;
      if (has(row)) index.set(row, vectors.subarray(at, at + dimensions));
      else index.remove(row);
    }
    const start = index.length;
    if (start >= end) return;
    const added = new Float32Array((end - start) * dimensions);
    added.set(vectors.subarray((start - first) * dimensions, (end - first) * dimensions));
    // A row keeps its number also while nothing is there.
    for (let row = start; row < end; row++) if (!has(row)) added[(row - start) * dimensions] = 1;
    index.append(added);
    for (let row = start; row < end; row++) if (!has(row)) index.remove(row);
  }

  /** Reads vectors as they were when it was brought up to date, in the same transaction. */
  reader(database: Database, { blockRows, dimensions }: FileState): ReadVector {
    return (row) => {
      const number = Math.floor(row / blockRows);
      let block = this.#recent.get(number);
      if (block === undefined) {
        block = readBlock(database, number);
        if (block === undefined) throw damaged(database.file);
        const [oldest] = this.#recent.keys();
        if (this.#recent.size >= RECENT) this.#recent.delete(oldest);
        this.#recent.set(number, block);
      }
      const at = (row % blockRows) * dimensions;
      return block.vectors.subarray(at, at + dimensions);
    };
  }
}
