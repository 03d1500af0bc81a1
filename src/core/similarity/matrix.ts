import { checkLengths, cosineByNorms, norm, withinRange, zeroVector, type Numbers } from './cosine.js';

/**
 * The cosines of one vector with many: one row of `cosineMatrix`. The norms of the many are computed once.
 *
 * @param columns `[n][dimensions]`
 * @returns a function from a vector `[dimensions]` to `[n]` cosines in [-1, 1], accumulated in float64
 * @throws ZERO_VECTOR, INVALID_VECTOR, DIMENSION_MISMATCH
 */
export function cosinesWith(columns: readonly Numbers[]): (row: Numbers) => Float64Array {
  const scaled = columns.map(withinRange);
  const norms = Float64Array.from(scaled, (column) => norm(column));
  if (norms.includes(0)) throw zeroVector();
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

/**
 * Every row against every column: `util.cos_sim` of sentence-transformers, in float64.
 *
 * @param rows `[r][dimensions]`
 * @param columns `[c][dimensions]`
 * @returns `[r][c]`
 * @throws ZERO_VECTOR, INVALID_VECTOR, DIMENSION_MISMATCH
 */
export function cosineMatrix(rows: readonly Numbers[], columns: readonly Numbers[]): Float64Array[] {
  return rows.map(cosinesWith(columns));
}
