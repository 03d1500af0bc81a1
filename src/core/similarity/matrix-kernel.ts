import type { Steps } from '../steps.js';
import { kernelFactory, PAGE_BYTES, type KernelMemory } from '../web-assembly.js';
import { MATRIX_MODULE } from './matrix-module.js';

/** The functions of kernel/matrix.ts, and a memory that is theirs alone. */
interface MatrixKernel {
  readonly memory: KernelMemory;
  /** Lays `unit` vectors side by side. */
  readonly pack: (source: number, count: number, bytes: number, unit: number, target: number) => void;
  readonly cosines: (
    rows: number,
    rowCount: number,
    columns: number,
    columnCount: number,
    bytes: number,
    rowNorms: number,
    columnNorms: number,
    totals: number,
    out: number,
  ) => void;
}

const open = kernelFactory(MATRIX_MODULE) as () => MatrixKernel | undefined;
let kernel: MatrixKernel | undefined;
/** Whose rows lie in its memory. */
let holder: object | undefined;

/** Vectors of a tile: 64 columns of 512 numbers lie in a core's second cache, and the rows pass by. */
const ROWS = 256;
const COLUMNS = 64;
/** Vectors side by side, as the kernel wants them. */
const ROWS_AT_ONCE = 4;
const COLUMNS_AT_ONCE = 2;
const NUMBERS_AT_ONCE = 8;
/** Where memory is ours: what lies before is the compiler's. */
const TOTALS_AT = 1024;
const ROW_NORMS_AT = TOTALS_AT + 128;
const COLUMN_NORMS_AT = ROW_NORMS_AT + ROWS * 8;
const ROWS_AT = COLUMN_NORMS_AT + COLUMNS * 8;
const up = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

/** Float32 vectors of one length, and their norms. */
export interface NormedVectors {
  readonly vectors: readonly Float32Array[];
  readonly norms: Float64Array;
}

function tileOf({ vectors, norms }: NormedVectors, from: number, count: number): NormedVectors {
  return { vectors: vectors.slice(from, from + count), norms: norms.subarray(from, from + count) };
}

/**
 * The cosines of every row with every column, a tile of both a step. Products are added up in float32 by fours of at most 64
 * numbers, these sums in float64: off by at most 18 · 2^-24, 1.1e-6, and mostly by less than 1e-7.
 *
 * @param rows none of them zero, squares well within float32
 * @param columns of the same length
 * @returns `[r][c]`, in [-1, 1]; undefined where there is no WebAssembly SIMD
 */
export function* cosinesByKernel(
  rows: NormedVectors,
  columns: NormedVectors,
): Steps<Float64Array[] | undefined> {
  kernel ??= open();
  if (kernel === undefined) return undefined;
  const { memory, pack, cosines } = kernel;
  const padded = up(rows.vectors.at(0)?.length ?? 0, NUMBERS_AT_ONCE);
  const bytes = padded * 4;
  const columnsAt = ROWS_AT + ROWS * bytes;
  const sourceAt = columnsAt + COLUMNS * bytes;
  const outAt = sourceAt + ROWS * bytes;
  const missing = outAt + ROWS * COLUMNS * 8 - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));

  /** Puts a tile where the kernel takes it from. */
  const put = ({ vectors, norms }: NormedVectors, unit: number, at: number, normsAt: number): number => {
    const count = up(vectors.length, unit);
    const place = new Float32Array(memory.buffer, sourceAt, count * padded).fill(0);
    for (const [i, vector] of vectors.entries()) place.set(vector, i * padded);
    pack(sourceAt, count, bytes, unit, at);
    new Float64Array(memory.buffer, normsAt, count).fill(1).set(norms);
    return count;
  };
  const matrix = rows.vectors.map(() => new Float64Array(columns.vectors.length));
  for (let r = 0; r < matrix.length; r += ROWS) {
    const own = tileOf(rows, r, ROWS);
    for (let c = 0; c < columns.vectors.length; c += COLUMNS) {
      // Others may have used the memory between two steps.
      if (holder !== own) put(own, ROWS_AT_ONCE, ROWS_AT, ROW_NORMS_AT);
      holder = own;
      const rowCount = up(own.vectors.length, ROWS_AT_ONCE);
      const tile = tileOf(columns, c, COLUMNS);
      const columnCount = put(tile, COLUMNS_AT_ONCE, columnsAt, COLUMN_NORMS_AT);
      cosines(
        ROWS_AT,
        rowCount,
        columnsAt,
        columnCount,
        bytes,
        ROW_NORMS_AT,
        COLUMN_NORMS_AT,
        TOTALS_AT,
        outAt,
      );
      const out = new Float64Array(memory.buffer, outAt, rowCount * columnCount);
      for (let i = 0; i < own.vectors.length; i++) {
        matrix[r + i].set(out.subarray(i * columnCount, i * columnCount + tile.vectors.length), c);
      }
      yield;
    }
  }
  return matrix;
}
