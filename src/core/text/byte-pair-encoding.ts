import type { Steps } from '../steps.js';
import { PairQueue } from './pair-queue.js';
import type { Vocabulary } from './vocabulary.js';

const utf8 = new TextEncoder();
/** Bytes that are looked at, or pairs that are merged, in one step. */
const STEP = 1024;

/**
 * The tokens of a stretch of a word between two places that no merge reaches across.
 *
 * Repeats CLIP's rule, all occurrences of the pair with the lowest rank from left to right, but with a queue of pairs
 * over a linked list: n·log n, where rescanning the word for each merge would be n².
 *
 * @param bytes its bytes
 * @param isEnd whether the word ends with it: its last byte is then marked with `</w>`
 */
function* encodeStretch(
  bytes: Uint8Array,
  isEnd: boolean,
  { byteIds, lastByteIds, merge }: Vocabulary,
): Steps<number[]> {
  const end = bytes.length;
  const tokens = Int32Array.from(bytes, (byte) => byteIds[byte]);
  if (isEnd) tokens[end - 1] = lastByteIds[bytes[end - 1]];
  if (end === 1) return [tokens[0]];
  const next = Int32Array.from(bytes, (_, i) => i + 1);
  const previous = Int32Array.from(bytes, (_, i) => i - 1);
  const isGone = new Uint8Array(end);
  const queue = new PairQueue();
  let work = 0;

  const pairAt = (at: number) => (next[at] < end ? merge(tokens[at], tokens[next[at]]) : undefined);
  const enqueue = (at: number): void => {
    const pair = at >= 0 ? pairAt(at) : undefined;
    if (pair !== undefined) queue.push(pair.rank, at);
  };
  for (let at = 0; at < end; at++) {
    enqueue(at);
    if (++work % STEP === 0) yield;
  }

  for (let rank = queue.lowestRank; rank < Infinity; rank = queue.lowestRank) {
    const merged: number[] = [];
    while (queue.lowestRank === rank) {
      if (++work % STEP === 0) yield;
      const at = queue.pop();
      const pair = isGone[at] === 1 ? undefined : pairAt(at);
      if (pair?.rank !== rank) continue; // A neighbour was merged since this pair was queued.
      const right = next[at];
      tokens[at] = pair.id;
      isGone[right] = 1;
      next[at] = next[right];
      if (next[at] < end) previous[next[at]] = at;
      merged.push(at);
    }
    for (const at of merged) {
      if (++work % STEP === 0) yield;
      if (isGone[at] === 1) continue;
      enqueue(previous[at]);
      enqueue(at);
    }
  }
  return Array.from(tokens.filter((_, at) => isGone[at] === 0));
}

/** Places that are tried before more of a stretch is encoded. */
const TRIES = 16;
const FIRST_WINDOW = 256;

/** Whether the bytes have these two tokens: the first ends at `middle`. */
function* arePair(bytes: Uint8Array, middle: number, first: number, vocabulary: Vocabulary): Steps<boolean> {
  const both = yield* encodeStretch(bytes, false, vocabulary);
  return both.length === 2 && both[0] === first && vocabulary.pieces[first].length === middle;
}

/**
 * Whether the token may be followed by what stands behind it.
 *
 * @param end where the token ends, further from the stretch's end than the longest token
 */
function* mayStay(bytes: Uint8Array, end: number, token: number, vocabulary: Vocabulary): Steps<boolean> {
  const size = vocabulary.pieces[token].length;
  for (let to = end + 1; to <= end + vocabulary.longest; to++) {
    const next = yield* encodeStretch(bytes.subarray(end, to), false, vocabulary);
    if (next.length > 1) continue;
    if (yield* arePair(bytes.subarray(end - size, to), size, token, vocabulary)) return true;
  }
  return false;
}

/**
 * Whether a token ends here in the tokens of the whole stretch, if it does in those of what stands before.
 *
 * Tokens side by side are those of their text exactly if each two neighbours are those of theirs: the first merge across
 * the boundary between two would be made in the two alone as well. So it ends here unless it does not before one of the
 * tokens with which what follows may begin.
 *
 * @param at further from the stretch's end than two of the longest tokens
 * @param last the token that ends there
 */
function* endsAt(bytes: Uint8Array, at: number, last: number, vocabulary: Vocabulary): Steps<boolean> {
  const size = vocabulary.pieces[last].length;
  for (let to = at + 1; to <= at + vocabulary.longest; to++) {
    const [following, ...more] = yield* encodeStretch(bytes.subarray(at, to), false, vocabulary);
    if (more.length > 0 || (yield* arePair(bytes.subarray(at - size, to), size, last, vocabulary))) continue;
    if (yield* mayStay(bytes, to, following, vocabulary)) return false;
  }
  return true;
}

/**
 * At least `limit` of the first tokens of a stretch: those of its beginning, as far as what follows cannot change them; all,
 * where that cannot be told.
 */
function* encodeBeginning(
  bytes: Uint8Array,
  isEnd: boolean,
  limit: number,
  vocabulary: Vocabulary,
): Steps<number[]> {
  const { pieces, longest } = vocabulary;
  for (let size = Math.max(FIRST_WINDOW, limit * 4); size + 2 * longest < bytes.length; size *= 2) {
    const tokens = yield* encodeStretch(bytes.subarray(0, size), false, vocabulary);
    let at = 0;
    for (const [i, token] of tokens.entries()) {
      at += pieces[token].length; // A character for each byte.
      if (i + 1 < limit) continue;
      if (i + 1 >= limit + TRIES) break;
      if (yield* endsAt(bytes, at, token, vocabulary)) return tokens.slice(0, i + 1);
    }
    yield;
  }
  return yield* encodeStretch(bytes, isEnd, vocabulary);
}

/**
 * The tokens of one word, its last byte marked with `</w>`.
 *
 * It is cut first where two bytes meet that no token holds side by side: no merge reaches across such a place, so that
 * the stretches between them can be encoded one by one.
 *
 * @param limit stop once there are so many tokens: those that are there are the word's first ones, though they may end before it
 */
export function* encodeWord(word: string, vocabulary: Vocabulary, limit = Infinity): Steps<number[]> {
  const bytes = utf8.encode(word);
  const tokens: number[] = [];
  let work = 0;
  for (let from = 0; from < bytes.length && tokens.length < limit;) {
    let to = from + 1;
    while (to < bytes.length && vocabulary.meet(bytes[to - 1], bytes[to])) to++;
    const stretch = yield* encodeBeginning(
      bytes.subarray(from, to),
      to === bytes.length,
      limit - tokens.length,
      vocabulary,
    );
    for (const token of stretch) tokens.push(token);
    work += to - from;
    if (work >= STEP) {
      yield;
      work = 0;
    }
    from = to;
  }
  return tokens;
}
