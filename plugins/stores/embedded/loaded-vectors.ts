import { VectorIndex, type ReadVector } from 'clipgraph/core';
import { decodeBlock, readBlock, type Block } from './blocks.js';
import { damaged, type Database } from './database.js';
import type { FileState } from './format.js';
import type { Steps } from './steps.js';

/** Blocks that are read at a time: about 2 MB. */
const SLICE = 64;
/** Blocks that are kept for the vectors that the next search compares. */
const RECENT = 128;

/** A collection's vectors, packed in memory; brought up to date by what was changed since. */
export class LoadedVectors {
  readonly index: VectorIndex;
  #seq = -1;
  readonly #recent = new Map<number, Block>();

  /** Takes the memory for all rows at once. */
  constructor(state: FileState) {
    this.index = new VectorIndex(state.dimensions, { rows: state.rows });
  }

  /** Inside a transaction, which all that is read afterwards belongs to. */
  *refresh(database: Database, state: FileState): Steps<void> {
    if (this.#seq === state.seq) return;
    // Were it left in the middle, some rows would be of the new state and some of the old.
    const before = this.#seq;
    this.#seq = -1;
    this.#recent.clear();
    if (before < 0) yield* this.#load(database, state);
    else {
      const changed = database.prepare('select block from blocks where seq > ? order by block').all(before);
      for (const [number] of changed as [number][]) {
        const block = readBlock(database, number);
        if (block === undefined) throw damaged(database.file);
        this.#apply(state, number, block);
        if (number % SLICE === 0) yield;
      }
    }
    if (this.index.length !== state.rows || this.index.rows.size !== state.count)
      throw damaged(database.file);
    this.#seq = state.seq;
  }

  *#load(database: Database, state: FileState): Steps<void> {
    const select = database.prepare(
      `select block, data, crc from blocks where block >= ? order by block limit ${SLICE}`,
    );
    const end = Math.ceil(state.rows / state.blockRows);
    for (let next = 0; next < end;) {
      const slice = select.all(next) as [number, Buffer, number][];
      if (slice.length === 0) throw damaged(database.file);
      for (const [number, data, crc] of slice) {
        if (number !== next++) throw damaged(database.file);
        this.#apply(state, number, decodeBlock(database.file, number, data, crc));
      }
      yield;
    }
  }

  #apply({ blockRows, dimensions, rows }: FileState, number: number, { present, vectors }: Block): void {
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
