import { cosine } from '../../core/index.js';
import { check } from '../../runtime/conformance/checks.js';
import type { NewRow, SearchAnswer, SearchHit, SearchRequest, StoredCollection } from '../contract.js';
import { compareBytes, matches } from '../filter.js';

/** The order of hits: best first, ties by the bytes of ids. */
export function compareHits(a: SearchHit, b: SearchHit): number {
  return b.cosine - a.cosine || compareBytes(a.id, b.id);
}

/** All hits of a query, by a plain loop over the vectors. */
export function hitsByLoop(
  rows: readonly NewRow[],
  query: Float32Array,
  { filter, minCosine = -Infinity, after }: Partial<SearchRequest>,
): SearchHit[] {
  return rows
    .filter((row) => filter === undefined || matches({ ...row, metadata: row.metadata ?? {} }, filter))
    .map(({ id, vector }) => ({ id, cosine: cosine(query, vector) }))
    .filter((hit) => hit.cosine >= minCosine && (after === undefined || compareHits(hit, after) > 0))
    .sort(compareHits);
}

const shown = (hits: readonly SearchHit[]): string =>
  hits.map(({ id, cosine: at }) => `${id} ${at}`).join(', ');

/**
 * Throws unless an answer is the one that a plain loop finds, the cosines to the last bit. An answer that says of itself
 * that it may have missed something must be right in what it has.
 */
export function checkAnswer(
  answer: SearchAnswer,
  rows: readonly NewRow[],
  query: Float32Array,
  request: SearchRequest,
): void {
  const all = hitsByLoop(rows, query, request);
  const best = all.slice(0, request.limit);
  const { hits, isExact, isComplete, searched } = answer;
  check(isExact || request.effort !== 'exact', () => 'an exact search says that it is not exact');
  check(!isExact || isComplete, () => 'an exact search says that it is not complete');
  check(
    isComplete === (hits.length === best.length),
    () => `${hits.length} hits of ${best.length}, and isComplete ${isComplete}`,
  );
  check(
    request.limit === 0 || (searched >= hits.length && searched <= rows.length),
    () => `${searched} items of ${rows.length} were looked at for ${hits.length} hits`,
  );
  if (isExact) {
    check(
      hits.length === best.length && hits.every((hit, i) => compareHits(hit, best[i]) === 0),
      () => `expected ${shown(best)}; got ${shown(hits)}`,
    );
    return;
  }
  const cosines = new Map(all.map((hit) => [hit.id, hit.cosine]));
  check(
    hits.every(
      (hit, i) => cosines.get(hit.id) === hit.cosine && (i === 0 || compareHits(hits[i - 1], hit) < 0),
    ),
    () => `wrong cosines, order or repeated ids: ${shown(hits)}`,
  );
}

/** Searches, and compares with a plain loop over `rows`. */
export async function searchAndCheck(
  collection: StoredCollection,
  rows: readonly NewRow[],
  queries: readonly Float32Array[],
  given: Partial<SearchRequest> = {},
): Promise<SearchAnswer[]> {
  const request: SearchRequest = { limit: 10, effort: 'exact', ...given };
  const { dimensions } = collection.spec.space;
  const packed = new Float32Array(queries.length * dimensions);
  for (const [i, query] of queries.entries()) packed.set(query, i * dimensions);
  const answers = await collection.search(packed, request);
  check(answers.length === queries.length, () => `${answers.length} answers for ${queries.length} queries`);
  for (const [i, answer] of answers.entries()) checkAnswer(answer, rows, queries[i], request);
  return answers;
}
