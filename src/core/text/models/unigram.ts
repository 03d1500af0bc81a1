import type { Steps } from '../../steps.js';
import type { PieceTrie } from '../piece-trie.js';
import { byteIdsOf, bytesOf, type PieceModel } from './piece-model.js';

/** How much worse an unknown character is than the worst piece. Source: sentencepiece, unigram_model.cc, kUnkPenalty. */
export const UNKNOWN_PENALTY = 10;
/** Places that are looked at in one step. */
const STEP = 4096;

/** A piece's place in a text, and its id. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly id: number;
}

/** The best way to each place of a text, filled from the left. */
export class Lattice {
  readonly score: Float64Array;
  /** Where the piece that ends there begins; -1 for nowhere. */
  readonly from: Int32Array;
  readonly id: Int32Array;

  constructor(length: number) {
    this.score = new Float64Array(length + 1);
    this.from = new Int32Array(length + 1).fill(-1);
    this.id = new Int32Array(length + 1);
  }

  /** A piece that ends there: kept if none did, or none so likely. */
  offer(end: number, score: number, from: number, id: number): void {
    if (this.from[end] >= 0 && score <= this.score[end]) return;
    this.score[end] = score;
    this.from[end] = from;
    this.id[end] = id;
  }

  /** The pieces of the best way, those that are unknown joined with their neighbours. */
  *spans(unknown: number): Steps<Span[]> {
    const spans: { start: number; end: number; id: number }[] = [];
    let work = 0;
    for (let end = this.from.length - 1; end > 0; end = this.from[end]) {
      const last = spans.at(-1);
      if (this.id[end] === unknown && last?.id === unknown) last.start = this.from[end];
      else spans.push({ start: this.from[end], end, id: this.id[end] });
      if (++work % STEP === 0) yield;
    }
    return spans.reverse();
  }
}

export interface UnigramOptions {
  /** Log probabilities by id. */
  readonly scores: Float64Array;
  readonly unknown: number;
  /** Whether what is unknown is spelled in bytes. */
  readonly byteFallback: boolean;
}

/**
 * The unigram model: the likeliest way to cut a text into pieces, in time proportional to its length times that of the
 * longest piece. Source: tokenizers 0.23.3, models/unigram, `encode_optimized`.
 */
export function createUnigram(
  pieces: PieceTrie,
  { scores, unknown, byteFallback }: UnigramOptions,
): PieceModel {
  let worst = Infinity;
  for (const score of scores) worst = Math.min(worst, score);
  const unknownScore = worst - UNKNOWN_PENALTY;
  const byteIds = byteFallback ? byteIdsOf(pieces) : undefined;

  function* search(text: string, isBarred: (id: number) => boolean): Steps<Lattice> {
    const lattice = new Lattice(text.length);
    let work = 0;
    for (let start = 0; start < text.length;) {
      const width = (text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1;
      const before = lattice.score[start];
      let isAlone = false;
      for (let node = 0, at = start; at < text.length;) {
        node = pieces.child(node, text.charCodeAt(at++));
        if (node === 0) break;
        if (++work % STEP === 0) yield;
        const id = pieces.idAt(node);
        if (id < 0 || isBarred(id)) continue;
        lattice.offer(at, scores[id] + before, start, id);
        isAlone ||= at - start === width;
      }
      if (!isAlone) lattice.offer(start + width, unknownScore + before, start, unknown);
      if (++work % STEP === 0) yield;
      start += width;
    }
    return lattice;
  }

  return {
    pieces,
    *encode(text, isBarred): Steps<number[]> {
      const ids: number[] = [];
      if (text === '') return ids;
      const lattice = yield* search(text, isBarred);
      let work = 0;
      for (const { start, end, id } of yield* lattice.spans(unknown)) {
        if (++work % STEP === 0) yield;
        // What was joined may be a piece again, of characters that are none alone.
        const known = id === unknown ? pieces.idOf(text.slice(start, end)) : id;
        if (known >= 0 && !isBarred(known)) ids.push(known);
        else {
          const bytes = byteIds && bytesOf(text.slice(start, end), byteIds);
          if (bytes === undefined) ids.push(unknown);
          else for (const byte of bytes) ids.push(byte);
        }
      }
      return ids;
    },
  };
}
