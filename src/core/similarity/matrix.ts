import { atOnce, type Steps } from '../steps.js';
import { checkLengths, cosineByNorms, norm, withinRange, zeroVector, type Numbers } from './cosine.js';
import { cosinesByKernel } from './matrix-kernel.js';

/** Multiplications from which on a matrix is one of the kernel's; a smaller one takes a millisecond. */
const LARGE = 2 ** 20;
/** Norms of which neither squares nor products of numbers leave the range of a float32. */
const SHORTEST = 1e-12;
const LONGEST = 1e12;

/** The norms of vectors, none of them zero. */
function normsOf(vectors: readonly Numbers[]): Float64Array {
  const norms = Float64Array.from(vectors, (vector) => norm(vector));
  if (norms.includes(0)) throw zeroVector();
  return norms;
}

/**
 * The cosines of one vector with many: one row of `cosineMatrix`. The norms of the many are computed once.
 *
 * @param columns `[n][dimensions]`
 * @returns a function from a vector `[dimensions]` to `[n]` cosines in [-1, 1], accumulated in float64
 * @throws ZERO_VECTOR, INVALID_VECTOR, DIMENSION_MISMATCH
 */
export function cosinesWith(columns: readonly Numbers[]): (row: Numbers) => Float64Array {
  const scaled = columns.map(withinRange);
  const norms = normsOf(scaled);
  return (given) => {
    const row = withinRange(given);
    const rowNorm = norm(row);
    if (rowNorm === 0) throw zeroVector();
    const cosines = new Float64Array(columns.length);
    for (const [i, column] of scaled.entries()) {
      checkLengths(row, column);
      cosines[i] = cosineByNorms(row, column, rowNorm * norms[i]);
    }
    return cosines;
  };
}

const isFloat32 = (vectors: readonly Numbers[]): vectors is readonly Float32Array[] =>
  vectors.every((vector) => vector instanceof Float32Array);
const isModerate = (value: number): boolean => value > SHORTEST && value < LONGEST;

/** A large matrix of float32 vectors, by the kernel; undefined where it is none, or there is no kernel. */
function* largeMatrix(
  rows: readonly Numbers[],
  columns: readonly Numbers[],
): Steps<Float64Array[] | undefined> {
  const dimensions = rows.at(0)?.length ?? 0;
  if (rows.length * columns.length * dimensions < LARGE) return undefined;
  if (!isFloat32(rows) || !isFloat32(columns)) return undefined;
  for (const vector of [...rows, ...columns]) checkLengths(rows[0], vector);
  const rowNorms = normsOf(rows);
  yield;
  const columnNorms = normsOf(columns);
  if (!rowNorms.every(isModerate) || !columnNorms.every(isModerate)) return undefined;
  yield;
  return yield* cosinesByKernel({ vectors: rows, norms: rowNorms }, { vectors: columns, norms: columnNorms });
}

/**
 * The same as `cosineMatrix`, in steps of a millisecond or so.
 *
 * @throws ZERO_VECTOR, INVALID_VECTOR, DIMENSION_MISMATCH
 */
export function* cosineMatrixInSteps(
  rows: readonly Numbers[],
  columns: readonly Numbers[],
): Steps<Float64Array[]> {
  const large = yield* largeMatrix(rows, columns);
  if (large !== undefined) return large;
  const cosinesOf = cosinesWith(columns);
  const cosines: Float64Array[] = [];
  for (const row of rows) {
    cosines.push(cosinesOf(row));
    yield;
  }
  return cosines;
}

/**
 * Every row against every column: `util.cos_sim` of sentence-transformers. In float64; from a million multiplications on, of float32
 * vectors, partly in float32 (`cosinesByKernel`): within 1.2e-6 of float64's, mostly 1e-7.
 *
 * @param rows `[r][dimensions]`
 * @param columns `[c][dimensions]`
 * @returns `[r][c]`
 * @throws ZERO_VECTOR, INVALID_VECTOR, DIMENSION_MISMATCH
 */
export function cosineMatrix(rows: readonly Numbers[], columns: readonly Numbers[]): Float64Array[] {
  return atOnce(cosineMatrixInSteps(rows, columns));
}
