import type { Merges } from '../merges.js';
import { PairQueue } from '../pair-queue.js';
import type { PieceTrie } from '../piece-trie.js';
import type { Steps } from '../../steps.js';
import { byteIdsOf, bytesOf, type PieceModel } from './piece-model.js';

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
