import type { RowHit } from './best-rows.js';
import type { ReadVector } from './query-scan.js';
import { RowSet } from './row-set.js';
import { searchRows } from './search.js';
import type { VectorIndex } from './vector-index.js';

/** Rows that are nearly alike. */
export interface DuplicateGroup {
  readonly first: number;
  /** The others, with their cosines to the first: best first. */
  readonly others: readonly RowHit[];
}

export interface DuplicateOptions {
  /** The least cosine of a member to the first of its group. */
  readonly threshold: number;
  /** The order in which rows become firsts, and members of one cosine follow each other. Default: by their numbers. */
  readonly order?: Iterable<number>;
}

/** Searches in one pass over the index: a row that joins one of those before it has been searched for in vain. */
const FIRSTS_A_PASS = 4;

/**
 * Groups of rows with a cosine of at least the threshold to their first member, greedily in the given order: a row that
 * no earlier group has taken becomes the first of its own, and all later ones that are near enough and free join it.
 * Rows that stay alone are in no group. Exact, as `searchRows` is.
 *
 * In steps: yields a group as soon as it is whole, and undefined where somebody may have something else to do. The time
 * grows with the square of the rows.
 *
 * @throws as `searchRows`
 */
export function* nearDuplicates(
  index: VectorIndex,
  read: ReadVector,
  { threshold, order = index.rows }: DuplicateOptions,
): Generator<DuplicateGroup | undefined, void, undefined> {
  const rows = Uint32Array.from(order).filter((row) => index.rows.has(row));
  const places = new Uint32Array(index.length);
  for (const [place, row] of rows.entries()) places[row] = place;
  const options = {
    limit: Infinity,
    minCosine: threshold,
    allowed: new RowSet(rows),
    compare: (a: number, b: number) => places[a] - places[b],
  };
  const { allowed: free } = options;
  for (let next = 0; next < rows.length;) {
    const firsts: number[] = [];
    for (; next < rows.length && firsts.length < FIRSTS_A_PASS; next++) {
      if (free.has(rows[next])) firsts.push(rows[next]);
    }
    const queries = firsts.map((row) => read(row).slice());
    const answers = yield* searchRows(index, queries, read, options);
    for (const [i, first] of firsts.entries()) {
      if (!free.delete(first)) continue; // It has joined one of those before it.
      const others = answers[i].hits.filter(({ row }) => free.has(row));
      for (const { row } of others) free.delete(row);
      if (others.length > 0) yield { first, others };
    }
  }
}
