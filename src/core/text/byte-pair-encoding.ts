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

/**
 * The tokens of one word, its last byte marked with `</w>`.
 *
 * It is cut first where two bytes meet that no token holds side by side: no merge reaches across such a place, so that
 * the stretches between them can be encoded one by one.
 *
 * @param limit stop once there are so many tokens: those that are there are the word's first ones
 */
export function* encodeWord(word: string, vocabulary: Vocabulary, limit = Infinity): Steps<number[]> {
  const bytes = utf8.encode(word);
  const tokens: number[] = [];
  let work = 0;
  for (let from = 0; from < bytes.length && tokens.length < limit;) {
    let to = from + 1;
    while (to < bytes.length && vocabulary.meet(bytes[to - 1], bytes[to])) to++;
    const stretch = yield* encodeStretch(bytes.subarray(from, to), to === bytes.length, vocabulary);
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
