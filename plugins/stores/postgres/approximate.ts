import type { SearchAnswer, SearchRequest } from 'clipgraph/store';
import { Best, type Candidate } from './best.js';
import { encodeVector } from './binary.js';
import type { Session } from './connections.js';
import { Values } from './names.js';
import type { Place } from './place.js';
import { whereOf } from './where.js';

/** Candidates for each hit: half precision, in which the index compares, may have exchanged neighbours. */
const CANDIDATES_PER_HIT = 1.5;
const LEAST_MORE = 16;
/** Source: pgvector's README. */
const MOST_EF_SEARCH = 1000;
/** By how much half precision may change a cosine: each component of both by 2⁻¹¹ of itself. */
const HALF_ERROR = 2 ** -10;
/** How often four times as many candidates are asked for, when those of a page were on the page before. */
const ATTEMPTS = 3;

/** How many candidates a search by the index asks for. */
export function candidatesFor(limit: number): number {
  return Math.max(limit + LEAST_MORE, Math.ceil(limit * CANDIDATES_PER_HIT));
}

/** The expression that is indexed, and compared in a search by the index. */
export function indexed(types: string, dimensions: number): string {
  return `(vector::${types}.halfvec(${dimensions}))`;
}

/**
 * Settings of one transaction: the index alone gives the order, and goes on until a filter has let enough through. In relaxed
 * order, as candidates are put in order here: in strict order pgvector leaves out what it finds late, which costs recall.
 */
async function configure(session: Session, { settings: { hnsw } }: Place, candidates: number): Promise<void> {
  const settings = {
    'hnsw.ef_search': Math.max(hnsw.efSearch, Math.min(MOST_EF_SEARCH, 2 * candidates)),
    'hnsw.iterative_scan': 'relaxed_order',
    'hnsw.max_scan_tuples': hnsw.maxScanTuples,
    'hnsw.scan_mem_multiplier': 4,
    enable_seqscan: 'off',
    enable_bitmapscan: 'off',
    enable_sort: 'off',
  };
  const values = new Values();
  const calls = Object.entries(settings).map(
    ([name, value]) => `set_config(${values.add(name)}, ${values.add(String(value))}, true)`,
  );
  await session.query(`select ${calls.join(', ')}`, values.list);
}

/** Whether as many are too far as are looked at beyond those wanted: one alone says nothing, as the order is relaxed. */
function isBeyond(candidates: readonly Candidate[], minCosine: number): boolean {
  const tooFar = candidates.filter(({ distance }) => 1 - distance < minCosine - HALF_ERROR);
  return tooFar.length >= LEAST_MORE;
}

/** Undoes them for what else the transaction does. */
async function unconfigure(session: Session): Promise<void> {
  await session.query(
    "select set_config('enable_seqscan', 'on', true), set_config('enable_bitmapscan', 'on', true), set_config('enable_sort', 'on', true)",
  );
}

/**
 * The answer of the index to one query: hits with true cosines, of which some of the best may be missing.
 *
 * @returns undefined where the index did not find as many as are wanted, though there may be more
 */
export async function searchByIndex(
  session: Session,
  place: Place,
  query: Float32Array,
  request: SearchRequest,
): Promise<SearchAnswer | undefined> {
  const { table, types, spec } = place;
  const { limit, filter, minCosine, after } = request;
  let wanted = candidatesFor(limit);
  try {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++, wanted *= 4) {
      await configure(session, place, wanted);
      const values = new Values();
      const half = `${types}.halfvec(${spec.space.dimensions})`;
      const distance = `${indexed(types, spec.space.dimensions)} operator(${types}.<=>) (${values.add(encodeVector(query))}::${types}.vector)::${half}`;
      const conditions = [
        ...(filter === undefined ? [] : [whereOf(filter, values)]),
        ...(after === undefined
          ? []
          : [`${distance} >= ${values.add(1 - after.cosine - HALF_ERROR)}::float8`]),
      ];
      const candidates = await session.query<Candidate>(
        `select id, ${types}.vector_send(vector) as vector, distance from (
           select id, vector, ${distance} as distance from ${table} ${conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''}
           order by ${distance} limit ${values.add(wanted)}::bigint) as nearest`,
        values.list,
      );
      const best = new Best(query, request);
      for (const candidate of candidates) best.add(candidate);
      const { hits, seen } = best;
      const answer = { hits, isExact: false, isComplete: hits.length === limit, searched: seen };
      if (hits.length === limit) return answer;
      // The scan ended before it had as many as were wanted.
      if (seen < wanted) return undefined;
      // The index has come to what is too far: whether something nearer was missed is not known.
      if (minCosine !== undefined && isBeyond(candidates, minCosine)) return answer;
    }
    return undefined;
  } finally {
    await unconfigure(session).catch(() => undefined); // The transaction failed, or was cancelled.
  }
}
