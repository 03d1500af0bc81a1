import { cosine } from 'clipgraph/core';
import { compareBytes, type SearchHit, type SearchRequest } from 'clipgraph/store';
import { decodeVector } from './binary.js';

/** A row that a search looks at: `distance` is pgvector's, in float32. */
export interface Candidate {
  readonly id: string;
  readonly vector: Buffer;
  readonly distance: number;
}

/** The order of hits: best first, ties by the bytes of ids. */
function compareHits(a: SearchHit, b: SearchHit): number {
  return b.cosine - a.cosine || compareBytes(a.id, b.id);
}

/** The best hits of what was seen so far, with cosines of float64 over what is kept. */
export class Best {
  /** Candidates that were seen. */
  seen = 0;
  readonly #query: Float32Array;
  readonly #request: Pick<SearchRequest, 'limit' | 'minCosine' | 'after'>;
  #hits: SearchHit[] = [];

  constructor(query: Float32Array, request: Pick<SearchRequest, 'limit' | 'minCosine' | 'after'>) {
    this.#query = query;
    this.#request = request;
  }

  add({ id, vector }: Candidate): void {
    this.seen++;
    const { limit, minCosine = -Infinity, after } = this.#request;
    const hit = { id, cosine: cosine(this.#query, decodeVector(vector)) };
    if (!(hit.cosine >= minCosine) || (after !== undefined && compareHits(hit, after) <= 0)) return;
    this.#hits.push(hit);
    if (this.#hits.length >= 2 * limit + 1000) this.#prune();
  }

  get hits(): SearchHit[] {
    this.#prune();
    return this.#hits;
  }

  #prune(): void {
    this.#hits.sort(compareHits);
    this.#hits = this.#hits.slice(0, this.#request.limit);
  }
}
