import { cosine } from 'clipgraph/core';
import { ClipgraphError, type Filter, type SearchAnswer, type SearchRequest } from 'clipgraph/store';
import { candidatesFor, searchByIndex } from './approximate.js';
import type { Session } from './connections.js';
import { searchExactly } from './exact.js';
import { Values } from './names.js';
import type { Place } from './place.js';
import { whereOf } from './where.js';

/** How many items a collection has, and whether they are indexed. */
export interface Extent {
  readonly items: number;
  /** Null where there is no index, false where one is being built, or was left half built. */
  readonly isIndexed: boolean | null;
}

export async function extentOf(session: Session, { names, number }: Place): Promise<Extent> {
  const [extent] = await session.query<Extent>(
    `select coalesce((select sum(items) from ${names.tallies} where collection = $1), 0)::float8 as items,
       (select indisvalid from pg_index where indexrelid = to_regclass($2)) as "isIndexed"`,
    [number, `${names.schema}.${names.vectorIndex(number)}`],
  );
  return extent;
}

/** @param most to stop at; all are counted if absent */
export async function countWithin(
  session: Session,
  { table }: Place,
  filter: Filter | undefined,
  most?: number,
): Promise<number> {
  const values = new Values();
  const where = filter === undefined ? '' : `where ${whereOf(filter, values)}`;
  const limit = most === undefined ? '' : `limit ${values.add(most)}::bigint`;
  const [{ count }] = await session.query<{ count: number }>(
    `select count(*)::float8 as count from (select 1 from ${table} ${where} ${limit}) as matching`,
    values.list,
  );
  return count;
}

/** @throws DIMENSION_MISMATCH, INVALID_VECTOR, ZERO_VECTOR */
export function readQueries(queries: Float32Array, dimensions: number): Float32Array[] {
  if (queries.length % dimensions !== 0) {
    const message = `Queries of ${dimensions} numbers each were expected; there are ${queries.length} numbers.`;
    throw new ClipgraphError('DIMENSION_MISMATCH', message);
  }
  return Array.from({ length: queries.length / dimensions }, (_, i) => {
    const query = queries.subarray(i * dimensions, (i + 1) * dimensions);
    cosine(query, query);
    return query;
  });
}

/** An exact search looks at this many rows in about the time in which one by the index visits one. Source: npm run bench:postgres. */
const ROWS_A_VISIT = 3;

/**
 * Up to how many matches of a filter an exact search is no slower than one by the index, which visits as many items for a
 * candidate as there are for a match. 0, of `exactBelow`, is that the index is always taken.
 */
function exactUpTo(place: Place, items: number, limit: number): number {
  const { exactBelow } = place.settings;
  if (exactBelow === 0) return 0;
  return Math.max(exactBelow, Math.floor(Math.sqrt(ROWS_A_VISIT * candidatesFor(limit) * items)));
}

/** Answers queries one after the other, all from one moment, within a transaction. */
export async function searchWithin(
  session: Session,
  place: Place,
  queries: readonly Float32Array[],
  request: SearchRequest,
): Promise<SearchAnswer[]> {
  const { exactBelow } = place.settings;
  const { filter, effort, limit } = request;
  const { items, isIndexed } = await extentOf(session, place);
  const isLarge = effort === 'default' && items > exactBelow && isIndexed === true;
  const most = filter === undefined ? exactBelow : exactUpTo(place, items, limit);
  const counted =
    filter === undefined ? items : await countWithin(session, place, filter, isLarge ? most + 1 : undefined);
  const isByIndex = isLarge && counted > most;
  // Where the index is taken, counting was left off as soon as that was known.
  let matching = isByIndex && filter !== undefined ? undefined : counted;
  const answers: SearchAnswer[] = [];
  for (const query of queries) {
    const byIndex = isByIndex ? await searchByIndex(session, place, query, request) : undefined;
    if (byIndex === undefined) matching ??= await countWithin(session, place, filter);
    answers.push(byIndex ?? (await searchExactly(session, place, query, request, matching ?? counted)));
  }
  return answers;
}
