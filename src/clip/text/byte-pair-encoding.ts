import { toByteCharacters } from './byte-alphabet.js';
import type { Vocabulary } from './vocabulary.js';

/** Pairs waiting to be merged, the lowest rank first and, within a rank, the leftmost first. */
class PairQueue {
  readonly #heap: { rank: number; at: number }[] = [];

  get lowestRank(): number {
    return this.#heap.length === 0 ? Infinity : this.#heap[0].rank;
  }

  push(rank: number, at: number): void {
    const heap = this.#heap;
    let child = heap.length;
    heap.push({ rank, at });
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.#isBefore(child, parent)) return;
      [heap[child], heap[parent]] = [heap[parent], heap[child]];
      child = parent;
    }
  }

  pop(): number {
    const heap = this.#heap;
    const { at } = heap[0];
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) {
      heap[0] = last;
      for (let parent = 0; ;) {
        let least = parent;
        for (const child of [2 * parent + 1, 2 * parent + 2]) {
          if (child < heap.length && this.#isBefore(child, least)) least = child;
        }
        if (least === parent) break;
        [heap[least], heap[parent]] = [heap[parent], heap[least]];
        parent = least;
      }
    }
    return at;
  }

  #isBefore(a: number, b: number): boolean {
    const { rank, at } = this.#heap[a];
    const other = this.#heap[b];
    return rank < other.rank || (rank === other.rank && at < other.at);
  }
}

/**
 * The tokens of one word, its last byte marked with `</w>`.
 *
 * Repeats CLIP's rule, all occurrences of the pair with the lowest rank from left to right, but with a queue of pairs
 * over a linked list: n·log n, where rescanning the word for each merge would be n².
 */
export function encodeWord(word: string, { ids, merge }: Vocabulary): number[] {
  const characters = toByteCharacters(word);
  const tokens = characters.map(
    (character, i) => ids.get(i === characters.length - 1 ? `${character}</w>` : character) ?? 0,
  );
  const end = tokens.length;
  const next = Int32Array.from(tokens, (_, i) => i + 1);
  const previous = Int32Array.from(tokens, (_, i) => i - 1);
  const isGone = new Uint8Array(end);
  const queue = new PairQueue();

  const pairAt = (at: number) => (next[at] < end ? merge(tokens[at], tokens[next[at]]) : undefined);
  const enqueue = (at: number): void => {
    const pair = at >= 0 ? pairAt(at) : undefined;
    if (pair !== undefined) queue.push(pair.rank, at);
  };
  for (let at = 0; at < end; at++) enqueue(at);

  for (let rank = queue.lowestRank; rank < Infinity; rank = queue.lowestRank) {
    const merged: number[] = [];
    while (queue.lowestRank === rank) {
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
      if (isGone[at] === 1) continue;
      enqueue(previous[at]);
      enqueue(at);
    }
  }
  return tokens.filter((_, at) => isGone[at] === 0);
}
