import { ClipgraphError } from '../../../errors/index.js';
import { PAGE_BYTES } from '../../web-assembly.js';
import { indexBytes, layoutFor, maxIndexRows, type Layout } from './layout.js';
import { openScanKernel } from './open-kernel.js';
import { RowSet } from './row-set.js';
import type { ScanKernel } from './scan-kernel.js';

/** A memory that has to grow grows by this share at least: growing copies nothing, and what is not used takes no memory. */
const GROWTH = 1 / 8;

/** From so many vectors on their mean says something of those that follow. */
const MEAN_FROM = 100;
/** Vectors of the first ones that the mean is computed of at most. */
const MEAN_OF = 4096;

/**
 * The mean of float32 vectors at unit length, of an even choice of them.
 *
 * @returns zeros where it is not finite: what made it so is refused when it is quantised
 */
function meanOf(vectors: Float32Array, dimensions: number): Float32Array {
  const count = vectors.length / dimensions;
  const chosen = Math.min(count, MEAN_OF);
  const sum = new Float64Array(dimensions);
  for (let i = 0; i < chosen; i++) {
    const at = Math.floor((i * count) / chosen) * dimensions;
    let squares = 0;
    for (let j = 0; j < dimensions; j++) squares += vectors[at + j] ** 2;
    const share = 1 / (Math.sqrt(squares) * chosen);
    for (let j = 0; j < dimensions; j++) sum[j] += vectors[at + j] * share;
  }
  return sum.every(Number.isFinite) ? Float32Array.from(sum) : new Float32Array(dimensions);
}

/**
 * Vectors packed for search: 8-bit rows with a scale and the norm of what the codes leave, in one memory. The float32
 * vectors stay with the caller. `searchRows` finds the best rows of it exactly.
 *
 * Rows are numbered from 0 in the order in which they were added, and keep their numbers. Where the first `append` brings
 * 100 vectors or more, their mean is taken from all, so that the codes are finer and fewer vectors have to be read.
 */
export class VectorIndex {
  readonly layout: Layout;
  readonly #kernel: ScanKernel;
  readonly #rows = new RowSet();
  #length = 0;
  #changes = 0;

  /**
   * @param dimensions of every vector, from 1 to 8,192
   * @param rows that memory is taken for at once
   * @throws BAD_USER_INPUT, as `reserve`
   */
  constructor(
    readonly dimensions: number,
    { rows = 0, kernel = openScanKernel() }: { readonly rows?: number; readonly kernel?: ScanKernel } = {},
  ) {
    this.layout = layoutFor(dimensions);
    this.#kernel = kernel;
    this.reserve(rows);
  }

  /** Row numbers that were given, those of removed rows among them. */
  get length(): number {
    return this.#length;
  }

  /** The rows that can be found. To be read only. */
  get rows(): RowSet {
    return this.#rows;
  }

  /** Bytes of its memory, as `indexBytes` says them beforehand. */
  get bytes(): number {
    return this.#kernel.memory.buffer.byteLength;
  }

  /** `[padded dimensions]`: what was taken from every row at unit length. */
  get mean(): Float32Array {
    return new Float32Array(this.#kernel.memory.buffer, this.layout.meanAt, this.layout.codes);
  }

  /** For the search. */
  get kernel(): ScanKernel {
    return this.#kernel;
  }

  /** How often rows were replaced or removed. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * Takes the memory for so many rows in all.
   *
   * @throws BAD_USER_INPUT for more than `maxIndexRows`; OVERLOADED when the machine has no such memory
   */
  reserve(rows: number): void {
    const most = maxIndexRows(this.dimensions);
    if (!(rows >= 0 && rows <= most)) {
      const message = `An index of ${this.dimensions} dimensions holds at most ${most} rows but ${rows} are wanted: use several.`;
      throw new ClipgraphError('BAD_USER_INPUT', message);
    }
    const missing = indexBytes(rows, this.dimensions) - this.bytes;
    if (missing <= 0) return;
    try {
      this.#kernel.memory.grow(missing / PAGE_BYTES);
    } catch {
      const message = `There is no memory for ${missing} more bytes, for ${rows} rows of ${this.dimensions} dimensions.`;
      throw new ClipgraphError('OVERLOADED', message);
    }
  }

  /**
   * Adds vectors, all or none.
   *
   * @param vectors float32 `[n, dimensions]`, of any length but zero
   * @returns the number of the first; the others follow
   * @throws DIMENSION_MISMATCH, ZERO_VECTOR, INVALID_VECTOR, and as `reserve`
   */
  append(vectors: Float32Array): number {
    const count = vectors.length / this.dimensions;
    if (!Number.isInteger(count)) throw this.#wrongLength(vectors);
    this.#makeRoom(this.#length + count);
    if (this.#length === 0 && count >= MEAN_FROM) this.mean.set(meanOf(vectors, this.dimensions));
    const { stripRows } = this.layout;
    for (let done = 0; done < count; done += stripRows) {
      const part = Math.min(stripRows, count - done);
      this.#quantise(vectors.subarray(done * this.dimensions), part, this.#recordOf(this.#length + done));
    }
    return this.#take(count);
  }

  /** Counts rows that were written after the last one. */
  #take(count: number): number {
    const first = this.#length;
    this.#length += count;
    for (let row = first; row < this.#length; row++) this.#rows.add(row);
    return first;
  }

  /**
   * What is kept of rows, to be kept elsewhere and given to `appendPacked`: as `PACKED_FORMAT` says, `[count, packedBytes]`. A
   * view of the memory, good until it grows.
   *
   * @throws BAD_USER_INPUT for numbers that were not given
   */
  packed(first: number, count: number): Uint8Array {
    if (count > 0) for (const row of [first, first + count - 1]) this.#check(row);
    return new Uint8Array(this.#kernel.memory.buffer, this.#recordOf(first), count * this.packedBytes);
  }

  /** Bytes of a row's part. */
  get packedBytes(): number {
    return this.layout.stride;
  }

  /**
   * Adds rows as `packed` gave them of an index with the same dimensions and mean; what they hold is not looked at.
   *
   * @param mean of that index, taken where this one is empty
   * @param fill writes the rows, `[count, packedBytes]`; if it throws none is added
   * @returns the number of the first; the others follow
   * @throws BAD_USER_INPUT for rows with another mean; as `reserve`
   */
  appendPacked(count: number, mean: Float32Array, fill: (packed: Uint8Array) => void): number {
    if (this.#length === 0 && mean.length === this.layout.codes) this.mean.set(mean);
    const own = this.mean;
    if (mean.length !== own.length || mean.some((value, i) => value !== own[i])) {
      throw new ClipgraphError(
        'BAD_USER_INPUT',
        'Packed rows of another mean cannot be added to this index.',
      );
    }
    this.#makeRoom(this.#length + count);
    const at = this.#recordOf(this.#length);
    fill(new Uint8Array(this.#kernel.memory.buffer, at, count * this.packedBytes));
    return this.#take(count);
  }

  /**
   * Replaces the vector of a row; a removed row is there again.
   *
   * @param vector float32 `[dimensions]`
   * @throws DIMENSION_MISMATCH, ZERO_VECTOR, INVALID_VECTOR: the row is then as it was; BAD_USER_INPUT for a number that was not given
   */
  set(row: number, vector: Float32Array): void {
    if (vector.length !== this.dimensions) throw this.#wrongLength(vector);
    this.#check(row);
    // Beside the rows first: a vector that is refused leaves the row alone.
    const { spareAt, stride } = this.layout;
    this.#quantise(vector, 1, spareAt);
    new Uint8Array(this.#kernel.memory.buffer).copyWithin(this.#recordOf(row), spareAt, spareAt + stride);
    this.#rows.add(row);
    this.#changes++;
  }

  /**
   * Takes a row out of every later search, and its codes out of the memory.
   *
   * @returns whether it was there
   */
  remove(row: number): boolean {
    if (!this.#rows.delete(row)) return false;
    const record = this.#recordOf(row);
    new Uint8Array(this.#kernel.memory.buffer).fill(0, record, record + this.layout.stride);
    this.#changes++;
    return true;
  }

  #recordOf(row: number): number {
    return this.layout.recordsAt + row * this.layout.stride;
  }

  #check(row: number): void {
    if (Number.isInteger(row) && row >= 0 && row < this.#length) return;
    const message = `Expected the number of one of ${this.#length} rows but received ${row}.`;
    throw new ClipgraphError('BAD_USER_INPUT', message);
  }

  #wrongLength({ length }: Float32Array): ClipgraphError {
    const message = `Expected vectors of ${this.dimensions} numbers but received ${length} numbers.`;
    return new ClipgraphError('DIMENSION_MISMATCH', message);
  }

  #makeRoom(rows: number): void {
    if (indexBytes(rows, this.dimensions) <= this.bytes) return;
    const ahead = Math.min(Math.ceil(rows * (1 + GROWTH)), maxIndexRows(this.dimensions));
    this.reserve(Math.max(rows, ahead));
  }

  /** As many rows as a strip holds at most. */
  #quantise(vectors: Float32Array, rows: number, records: number): void {
    const { codes, stripAt, meanAt } = this.layout;
    const { dimensions } = this;
    const strip = new Float32Array(this.#kernel.memory.buffer, stripAt, rows * codes);
    if (codes === dimensions) strip.set(vectors.subarray(0, rows * dimensions));
    else {
      strip.fill(0);
      for (let row = 0; row < rows; row++) {
        strip.set(vectors.subarray(row * dimensions, (row + 1) * dimensions), row * codes);
      }
    }
    const wrong = this.#kernel.quantise(stripAt, rows, codes, records, meanAt);
    if (wrong === rows) return;
    const isZero = strip.subarray(wrong * codes, (wrong + 1) * codes).every((value) => value === 0);
    throw isZero
      ? new ClipgraphError('ZERO_VECTOR', 'A vector has length zero: it points nowhere and has no cosine.')
      : new ClipgraphError('INVALID_VECTOR', 'A vector holds a value that is not a finite number.');
  }
}
