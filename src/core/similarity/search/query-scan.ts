import { ClipgraphError } from '../../../errors/index.js';
import { checkLengths, cosineByNorms, norm, withinRange, type Numbers } from '../cosine.js';
import { BestRows, type CompareRows, type RowHit } from './best-rows.js';
import { quantiseQuery, type QuantisedQuery } from './bound.js';
import { CANDIDATE_BYTES, MAX_LOWEST, STATE } from './layout.js';

/** The float32 vector of a row, as it was given to the index; it is used before the next one is asked for. */
export type ReadVector = (row: number) => Float32Array;

/** Where an answer goes on: after all rows of a higher cosine, and those of this one that are not included. */
export interface SearchAfter {
  readonly cosine: number;
  /** Whether a row of just this cosine comes after. */
  readonly includes: (row: number) => boolean;
}

/** What is asked of every query alike. */
export interface Wanted {
  readonly limit: number;
  readonly minCosine: number;
  readonly after: SearchAfter | undefined;
  readonly compare: CompareRows;
}

interface Candidate {
  readonly upper: number;
  readonly row: number;
}

/** Where the kernel keeps one query's part, in bytes; as in kernel/scan.ts. */
export interface QueryPlace {
  readonly state: number;
  readonly codes: number;
  readonly lowest: number;
  readonly candidates: number;
}

/** One query on its way through an index: what is known between two scans. */
export class QueryScan {
  readonly best: BestRows;
  rescored = 0;
  readonly #query: Numbers;
  readonly #norm: number;
  readonly #quantised: QuantisedQuery;
  /** The best lower bounds, as the kernel keeps them. */
  readonly #lowest: Float64Array;
  #kept = 0;
  #floor: number;
  #candidates: Candidate[] = [];

  constructor(
    query: Numbers,
    padded: number,
    mean: Float32Array,
    private readonly wanted: Wanted,
  ) {
    this.#quantised = quantiseQuery(query, padded, mean);
    this.#query = withinRange(query);
    this.#norm = norm(this.#query);
    this.#lowest = new Float64Array(wanted.limit > MAX_LOWEST ? 0 : wanted.limit);
    this.#floor = wanted.minCosine;
    this.best = new BestRows(wanted.limit, wanted.compare);
  }

  get waiting(): number {
    return this.#candidates.length;
  }

  /** Writes what the kernel is to go on from. */
  load(buffer: ArrayBuffer, place: QueryPlace): void {
    const { codes, step, spread, slack, offset } = this.#quantised;
    new Int16Array(buffer, place.codes, codes.length).set(codes);
    new Float64Array(buffer, place.lowest, this.#kept).set(this.#lowest.subarray(0, this.#kept));
    const ceiling = this.wanted.after?.cosine ?? Infinity;
    new Float64Array(buffer, place.state, 6).set([step, spread, slack, this.#floor, ceiling, offset]);
    const words = [place.lowest, this.#kept, this.#lowest.length, place.candidates, 0];
    new Uint32Array(buffer, place.state + STATE.lowest, 5).set(words);
  }

  /** Reads what the kernel has found. */
  unload(buffer: ArrayBuffer, place: QueryPlace): void {
    const view = new DataView(buffer);
    this.#floor = view.getFloat64(place.state + STATE.floor, true);
    this.#kept = view.getUint32(place.state + STATE.kept, true);
    this.#lowest.set(new Float64Array(buffer, place.lowest, this.#kept));
    const found = view.getUint32(place.state + STATE.found, true);
    for (let i = 0; i < found; i++) {
      const at = place.candidates + i * CANDIDATE_BYTES;
      const upper = view.getFloat64(at, true);
      if (upper >= this.#floor) this.#candidates.push({ upper, row: view.getUint32(at + 8, true) });
    }
  }

  /** Drops the candidates that what was found after them has ruled out. */
  prune(): void {
    this.#candidates = this.#candidates.filter(({ upper }) => upper >= this.#floor);
  }

  /** Computes the cosines of the candidates that may be among the best, the likeliest first, one a step. */
  *rescore(read: ReadVector): Generator<undefined, void, undefined> {
    const candidates = this.#candidates.sort((a, b) => b.upper - a.upper);
    this.#candidates = [];
    for (const candidate of candidates) {
      if (candidate.upper < this.#floor) break;
      this.#take(candidate, read);
      yield;
    }
  }

  #take({ upper, row }: Candidate, read: ReadVector): void {
    const vector = read(row);
    checkLengths(this.#query, vector);
    const cosine = cosineByNorms(this.#query, vector, this.#norm * norm(vector));
    this.rescored++;
    if (!(cosine <= upper)) {
      throw new ClipgraphError(
        'INVALID_VECTOR',
        `The vector that was read for row ${row} is not the one that was indexed.`,
      );
    }
    if (cosine >= this.wanted.minCosine && this.#isAfter(row, cosine)) this.best.add({ row, cosine });
    this.#floor = Math.max(this.#floor, this.best.floor);
  }

  #isAfter(row: number, cosine: number): boolean {
    const { after } = this.wanted;
    return after === undefined || cosine < after.cosine || (cosine === after.cosine && after.includes(row));
  }

  /** Best first. */
  get hits(): RowHit[] {
    return this.best.sorted();
  }
}
