import type { SearchAnswer, SearchHit, SearchRequest } from 'clipgraph/store';
import { Best, type Candidate } from './best.js';
import { encodeVector } from './binary.js';
import type { Session } from './connections.js';
import { Values } from './names.js';
import type { Place } from './place.js';
import { whereOf } from './where.js';

/** Rows that are fetched beyond those wanted, so that what follows the last is mostly clear at once. */
const MARGIN_ROWS = 16;
/** Rows with their vectors that are held at a time. */
const FETCH_ROWS = 1000;
/** How many times as many are fetched when all that was fetched lies before the page that is asked for; up to how many. */
const GROWTH = 8;
const MOST_GROWN = 20_000;
/** Half a unit in the last place of a float32. */
const UNIT_ROUNDOFF = 2 ** -24;

/**
 * By how much pgvector's cosine may differ from the true one. It sums three products of vectors in float32, each with an error
 * of at most γₙ of the sum of absolute values (Higham, Accuracy and Stability of Numerical Algorithms, 3.1): γₙ for the
 * product, half of γₙ for each norm, and as much again for what is rounded besides.
 */
export function errorOf(dimensions: number): number {
  return 3 * (dimensions + 8) * UNIT_ROUNDOFF;
}

/** All rows of a statement, some at a time. */
async function* fetchAll(
  session: Session,
  text: string,
  values: readonly unknown[],
): AsyncGenerator<Candidate[]> {
  await session.query(`declare candidates no scroll cursor for ${text}`, values);
  for (;;) {
    const rows = await session.query<Candidate>(`fetch ${FETCH_ROWS} from candidates`);
    yield rows;
    if (rows.length < FETCH_ROWS) break;
  }
  await session.query('close candidates');
}

/**
 * The exact answer to one query: what a plain loop in float64 finds. The database orders by its own distance, in float32;
 * as many rows are fetched as it takes until none that is left could be among the best, whatever the rounding.
 *
 * @param matching how many items the filter matches
 */
export async function searchExactly(
  session: Session,
  { table, types, spec: { space } }: Place,
  query: Float32Array,
  request: SearchRequest,
  matching: number,
): Promise<SearchAnswer> {
  const { limit, filter, minCosine = -Infinity, after } = request;
  const error = errorOf(space.dimensions);
  const answer = (hits: SearchHit[]): SearchAnswer => ({
    hits,
    isExact: true,
    isComplete: true,
    searched: matching,
  });

  /** What is at least `from` and at most `to` away. */
  const candidates = (from: number | undefined, to: number | undefined, rows: number | undefined) => {
    const values = new Values();
    const vector = `${values.add(encodeVector(query))}::${types}.vector`;
    const where = filter === undefined ? 'true' : whereOf(filter, values);
    // `offset 0` keeps the distance from being computed once for each bound.
    const isBounded = from !== undefined || to !== undefined;
    const all = `select id, vector, vector operator(${types}.<=>) ${vector} as distance from ${table} where ${where} ${isBounded ? 'offset 0' : ''}`;
    const bounds = [
      ...(from === undefined ? [] : [`distance >= ${values.add(from)}::float8`]),
      ...(to === undefined ? [] : [`distance <= ${values.add(to)}::float8`]),
    ];
    const bounded = isBounded ? `select * from (${all}) as measured where ${bounds.join(' and ')}` : all;
    const best =
      rows === undefined ? bounded : `${bounded} order by distance limit ${values.add(rows)}::bigint`;
    const text = `select id, ${types}.vector_send(vector) as vector, distance from (${best}) as best`;
    return { text, values: values.list };
  };
  const bestOf = async ({ text, values }: { text: string; values: unknown[] }, isShort: boolean) => {
    const best = new Best(query, request);
    let furthest = -Infinity;
    const parts = isShort ? [await session.query<Candidate>(text, values)] : fetchAll(session, text, values);
    for await (const part of parts) {
      for (const candidate of part) {
        best.add(candidate);
        furthest = Math.max(furthest, candidate.distance);
      }
    }
    return { hits: best.hits, seen: best.seen, furthest };
  };
  const from = after === undefined ? undefined : 1 - after.cosine - error;

  for (let rows = limit + MARGIN_ROWS; ; rows *= GROWTH) {
    const { hits, seen, furthest } = await bestOf(candidates(from, undefined, rows), rows <= FETCH_ROWS);
    if (seen < rows) return answer(hits);
    const least = Math.max(hits.length === limit ? hits[limit - 1].cosine : -Infinity, minCosine);
    // What was not fetched has at most the cosine of the last row, and what the rounding may hide.
    if (1 - furthest + error < least) return answer(hits);
    if (least === -Infinity && rows < MOST_GROWN) continue;
    // More lie around the last one than were fetched: all that could be as good are looked at.
    const to = least === -Infinity ? undefined : 1 - least + error;
    return answer((await bestOf(candidates(from, to, undefined), false)).hits);
  }
}
