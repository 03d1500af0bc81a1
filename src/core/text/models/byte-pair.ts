import { PairQueue } from '../pair-queue.js';
import type { PieceTrie } from '../piece-trie.js';
import type { Steps } from '../../steps.js';
import { byteIdsOf, bytesOf, type PieceModel } from './piece-model.js';

/** Pairs of neighbouring pieces, the rank at which they are merged, and into which: open addressing in typed arrays. */
export class Merges {
  readonly #left: Int32Array;
  readonly #right: Int32Array;
  readonly #rank: Int32Array;
  readonly #made: Int32Array;

  /** @param count how many there will be, at most */
  constructor(count: number) {
    const slots = 2 ** Math.ceil(Math.log2(2 * count + 2));
    this.#left = new Int32Array(slots).fill(-1);
    this.#right = new Int32Array(slots);
    this.#rank = new Int32Array(slots);
    this.#made = new Int32Array(slots);
  }

  /** A pair that is there already gets the new rank, as in the reference. */
  set(left: number, right: number, rank: number, made: number): void {
    const slot = this.find(left, right, true);
    this.#left[slot] = left;
    this.#right[slot] = right;
    this.#rank[slot] = rank;
    this.#made[slot] = made;
  }

  /** The place of a pair, for `rankAt` and `madeAt`; -1 for none, or a free one. */
  find(left: number, right: number, orFree = false): number {
    const mask = this.#left.length - 1;
    let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right + 1, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    for (let slot = (hash ^ (hash >>> 13)) & mask; ; slot = (slot + 1) & mask) {
      if (this.#left[slot] === -1) return orFree ? slot : -1;
      if (this.#left[slot] === left && this.#right[slot] === right) return slot;
    }
  }

  rankAt(slot: number): number {
    return this.#rank[slot];
  }

  madeAt(slot: number): number {
    return this.#made[slot];
  }
}

export interface BytePairOptions {
  readonly merges: Merges;
  /** What a character without a piece becomes; undefined: it is left out. */
  readonly unknown: number | undefined;
  /** Whether unknown characters side by side are one. */
  readonly fuseUnknown: boolean;
  /** Whether what has no piece is spelled in bytes first. */
  readonly byteFallback: boolean;
  /** Whether a text that is a piece is not cut. */
  readonly ignoreMerges: boolean;
}

/** Characters that are looked at, or pairs that are merged, in one step. */
const STEP = 1024;

/**
 * Byte pair encoding over characters: Gemma's. Of all pairs of neighbours that merge, always the one of the lowest rank, the
 * leftmost of several; n·log n, by a queue over a linked list. Source: tokenizers 0.23.3, models/bpe, `merge_word`.
 */
export function createBytePair(pieces: PieceTrie, options: BytePairOptions): PieceModel {
  const { merges, unknown, fuseUnknown, byteFallback, ignoreMerges } = options;
  const byteIds = byteFallback ? byteIdsOf(pieces) : undefined;

  /** The pieces of single characters. */
  function* spell(text: string, isBarred: (id: number) => boolean): Steps<number[]> {
    const ids: number[] = [];
    let waiting = false;
    let work = 0;
    for (const character of text) {
      if (++work % STEP === 0) yield;
      const id = pieces.idOf(character);
      if (id >= 0 && !isBarred(id)) {
        if (waiting && unknown !== undefined) ids.push(unknown);
        waiting = false;
        ids.push(id);
        continue;
      }
      const bytes = byteIds && bytesOf(character, byteIds);
      // An unknown character that waits goes on waiting behind bytes, as in the reference.
      if (bytes !== undefined) ids.push(...bytes);
      else {
        if (waiting && !fuseUnknown && unknown !== undefined) ids.push(unknown);
        waiting = true;
      }
    }
    if (waiting && unknown !== undefined) ids.push(unknown);
    return ids;
  }

  function* merge(ids: readonly number[], isBarred: (id: number) => boolean): Steps<number[]> {
    const end = ids.length;
    const tokens = Int32Array.from(ids);
    const next = new Int32Array(end);
    const previous = new Int32Array(end);
    const isGone = new Uint8Array(end);
    const queue = new PairQueue();
    const pairAt = (at: number): number =>
      at >= 0 && next[at] < end ? merges.find(tokens[at], tokens[next[at]]) : -1;
    const enqueue = (at: number): void => {
      const pair = pairAt(at);
      if (pair >= 0 && !isBarred(merges.madeAt(pair))) queue.push(merges.rankAt(pair), at);
    };
    let work = 0;
    for (let at = 0; at < end; at++) {
      next[at] = at + 1;
      previous[at] = at - 1;
      enqueue(at);
      if (++work % STEP === 0) yield;
    }
    for (let rank = queue.lowestRank; rank < Infinity; rank = queue.lowestRank) {
      if (++work % STEP === 0) yield;
      const at = queue.pop();
      const pair = isGone[at] === 1 ? -1 : pairAt(at);
      if (pair < 0 || merges.rankAt(pair) !== rank) continue; // A neighbour was merged since this pair was queued.
      const right = next[at];
      tokens[at] = merges.madeAt(pair);
      isGone[right] = 1;
      next[at] = next[right];
      if (next[at] < end) previous[next[at]] = at;
      enqueue(previous[at]);
      enqueue(at);
    }
    const merged: number[] = [];
    for (let at = 0; at < end; at = next[at]) merged.push(tokens[at]);
    return merged;
  }

  return {
    pieces,
    *encode(text, isBarred): Steps<number[]> {
      if (ignoreMerges) {
        const whole = pieces.idOf(text);
        if (whole >= 0 && !isBarred(whole)) return [whole];
      }
      return yield* merge(yield* spell(text, isBarred), isBarred);
    },
  };
}
