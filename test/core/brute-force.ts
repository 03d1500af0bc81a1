import { cosine, type RowHit, type SearchOptions } from '../../src/core/index.js';

/** The slow, obviously right search: every allowed row's cosine in float64, sorted. */
export function bruteForce(
  query: ArrayLike<number> & Iterable<number>,
  rows: readonly (Float32Array | undefined)[],
  { limit, minCosine = -1, allowed, compare = (a, b) => a - b, after }: SearchOptions,
): RowHit[] {
  return rows
    .flatMap((vector, row) => {
      if (vector === undefined || allowed?.has(row) === false) return [];
      return [{ row, cosine: cosine(query, vector) }];
    })
    .filter((hit) => hit.cosine >= minCosine)
    .filter(
      (hit) =>
        after === undefined ||
        hit.cosine < after.cosine ||
        (hit.cosine === after.cosine && after.includes(hit.row)),
    )
    .sort((a, b) => b.cosine - a.cosine || compare(a.row, b.row))
    .slice(0, limit);
}
