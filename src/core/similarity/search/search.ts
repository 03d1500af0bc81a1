import { ClipgraphError } from '../../../errors/index.js';
import type { Steps } from '../../steps.js';
import { checkLengths, type Numbers } from '../cosine.js';
import type { CompareRows, RowHit } from './best-rows.js';
import { CANDIDATE_BYTES, MAX_CANDIDATES, MAX_LOWEST, QUERIES_AT_A_TIME, STATE } from './layout.js';
import { QueryScan, type QueryPlace, type ReadVector, type SearchAfter, type Wanted } from './query-scan.js';
import { countBits, type RowSet } from './row-set.js';
import type { VectorIndex } from './vector-index.js';

export interface SearchOptions {
  /** How many rows at most; all of them with Infinity. */
  readonly limit: number;
  /** Only rows of at least this cosine. */
  readonly minCosine?: number;
  /** Only these rows: the fewer, the faster. Default: all. */
  readonly allowed?: RowSet;
  /** The order of rows with one cosine. Default: by their numbers. */
  readonly compare?: CompareRows;
  /** Only what comes after this in the answer: the next page. */
  readonly after?: SearchAfter;
}

export interface RowSearch {
  /** Best first. */
  readonly hits: readonly RowHit[];
  /** Rows that were looked at: all that are in the index and allowed. */
  readonly searched: number;
  /** Rows whose float32 vectors were read. */
  readonly rescored: number;
}

/** Vectors read between two looks at who still waits. */
const RESCORED_A_STEP = 512;
/** From as many queries on one pass for four is faster than one for each. */
const WORTH_A_PASS = 3;

function check({ limit, minCosine = -1, after }: SearchOptions): void {
  if (limit !== Infinity && (!Number.isInteger(limit) || limit < 0)) {
    const message = `Expected an integer of at least 0, or Infinity, for the limit but received ${limit}.`;
    throw new ClipgraphError('BAD_USER_INPUT', message);
  }
  for (const value of [minCosine, after?.cosine ?? 0]) {
    if (Number.isNaN(value)) {
      throw new ClipgraphError('BAD_USER_INPUT', 'Expected a number for a cosine but received NaN.');
    }
  }
}

function placeOf({ layout }: VectorIndex, at: number): QueryPlace {
  return {
    state: layout.statesAt + at * STATE.bytes,
    codes: layout.queriesAt + at * layout.codes * 2,
    lowest: layout.lowestAt + at * MAX_LOWEST * 8,
    candidates: layout.candidatesAt + at * MAX_CANDIDATES * CANDIDATE_BYTES,
  };
}

/** A part of an index, in words of 32 rows, and which of its rows are asked for. */
interface Slice {
  readonly firstWord: number;
  readonly words: number;
  readonly allowed: RowSet | undefined;
  /** Rows from here on were added since the search began. */
  readonly length: number;
}

/** Writes which rows of a slice are looked at, and says how many. */
function writeMask({ kernel, layout, rows }: VectorIndex, slice: Slice): number {
  const { firstWord, words, allowed, length } = slice;
  const mask = new Uint32Array(kernel.memory.buffer, layout.maskAt, words);
  let count = 0;
  for (let i = 0; i < words; i++) {
    const word = firstWord + i;
    let wanted = rows.words[word];
    if (allowed !== undefined) wanted &= word < allowed.words.length ? allowed.words[word] : 0;
    if (word * 32 + 32 > length) wanted &= 2 ** (length % 32) - 1;
    mask[i] = wanted;
    count += countBits(mask[i]);
  }
  return count;
}

function* rescore(scan: QueryScan, read: ReadVector): Steps<void> {
  let count = 0;
  for (const vector of scan.rescore(read)) {
    count++;
    if (count % RESCORED_A_STEP === 0) yield vector;
  }
}

/** One to four queries through a slice; the mask is written anew whenever the kernel was another's in between. */
function* scanSlice(
  index: VectorIndex,
  scans: readonly QueryScan[],
  read: ReadVector,
  slice: Slice,
): Steps<void> {
  const { kernel, layout } = index;
  for (let { firstWord, words } = slice; words > 0;) {
    writeMask(index, { ...slice, firstWord, words });
    const places = scans.map((_, i) => placeOf(index, i));
    for (const [i, scan] of scans.entries()) scan.load(kernel.memory.buffer, places[i]);
    for (let i = scans.length; scans.length > 1 && i < QUERIES_AT_A_TIME; i++)
      silence(index, placeOf(index, i));
    const run = scans.length === 1 ? kernel.scan1 : kernel.scan4;
    const { recordsAt, codes, maskAt, queriesAt, statesAt } = layout;
    const done = run(recordsAt, codes, maskAt, firstWord, words, queriesAt, statesAt, MAX_CANDIDATES);
    firstWord += done;
    words -= done;
    for (const [i, scan] of scans.entries()) {
      scan.unload(kernel.memory.buffer, places[i]);
      if (scan.waiting > MAX_CANDIDATES / 2) scan.prune();
      if (scan.waiting > MAX_CANDIDATES / 2) yield* rescore(scan, read);
    }
  }
}

/** A place that no query has: nothing is at least infinite. */
function silence({ kernel }: VectorIndex, place: QueryPlace): void {
  new Float64Array(kernel.memory.buffer, place.state, 6).set([0, 0, 0, Infinity, Infinity, 0]);
  new Uint32Array(kernel.memory.buffer, place.state + STATE.lowest, 5).fill(0);
}

/** Groups that go through the kernel together. */
function groupsOf(scans: readonly QueryScan[]): QueryScan[][] {
  const groups: QueryScan[][] = [];
  for (let i = 0; i < scans.length; i += QUERIES_AT_A_TIME) {
    const group = scans.slice(i, i + QUERIES_AT_A_TIME);
    if (group.length >= WORTH_A_PASS) groups.push(group);
    else groups.push(...group.map((scan) => [scan]));
  }
  return groups;
}

/**
 * The rows that are most alike to each query, exactly: the same rows in the same order as by computing `cosine` with every
 * allowed row in float64. An 8-bit scan bounds every cosine from both sides (bound.ts); only the rows that may be among
 * the best are read and computed. That is some 10 to 100 of any number of rows that have structure, and up to all of
 * them, one after the other, when they are nearly alike.
 *
 * In steps of some milliseconds each. Rows may be added between two steps, which the search then doesn't see; when one is
 * replaced or removed, the next step throws.
 *
 * @param queries `[dimensions]` each, of any length but zero
 * @returns one answer a query
 * @throws DIMENSION_MISMATCH, ZERO_VECTOR, INVALID_VECTOR; BAD_USER_INPUT for a limit or cosine that is none
 */
export function* searchRows(
  index: VectorIndex,
  queries: readonly Numbers[],
  read: ReadVector,
  options: SearchOptions,
): Steps<RowSearch[]> {
  check(options);
  const { limit, minCosine = -Infinity, allowed, compare = (a, b) => a - b, after } = options;
  for (const query of queries) checkLengths(query, { length: index.dimensions });
  // More than there are rows is all of them; the bounds of the best are then kept for no more than that.
  const wanted: Wanted = {
    limit: limit === Infinity ? limit : Math.min(limit, index.length),
    minCosine,
    after,
    compare,
  };
  const scans = queries.map((query) => new QueryScan(query, index.layout.codes, index.mean, wanted));
  const groups = groupsOf(scans);
  const { changes, length } = index;
  const allWords = limit === 0 ? 0 : Math.ceil(length / 32);
  const sliceWords = Math.max(1, Math.floor(index.layout.sliceRows / 32 / Math.max(1, groups.length)));
  const checkUnchanged = (): void => {
    if (index.changes !== changes)
      throw new Error('A row was replaced or removed while the index was searched.');
  };
  let searched = 0;
  for (let firstWord = 0; firstWord < allWords; firstWord += sliceWords) {
    const slice = { firstWord, words: Math.min(sliceWords, allWords - firstWord), allowed, length };
    searched += writeMask(index, slice);
    for (const group of groups) {
      for (const step of scanSlice(index, group, read, slice)) {
        yield step;
        checkUnchanged();
      }
    }
    yield;
    checkUnchanged();
  }
  for (const scan of scans) {
    for (const step of rescore(scan, read)) {
      yield step;
      checkUnchanged();
    }
  }
  return scans.map(({ hits, rescored }) => ({ hits, searched, rescored }));
}
