/** Places in a word that a pair's key has room for. */
const PLACES = 2 ** 26;

/** Pairs waiting to be merged: the lowest rank first and, within a rank, the leftmost. A binary heap of `rank, place`. */
export class PairQueue {
  readonly #heap: number[] = [];

  get lowestRank(): number {
    return this.#heap.length === 0 ? Infinity : Math.floor(this.#heap[0] / PLACES);
  }

  push(rank: number, place: number): void {
    const heap = this.#heap;
    const key = rank * PLACES + place;
    let child = heap.length;
    heap.push(key);
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (heap[parent] <= key) break;
      heap[child] = heap[parent];
      child = parent;
    }
    heap[child] = key;
  }

  /** The place of the first pair. */
  pop(): number {
    const heap = this.#heap;
    const place = heap[0] % PLACES;
    const key = heap.pop() ?? 0;
    const size = heap.length;
    let parent = 0;
    for (let child = 1; child < size; child = 2 * parent + 1) {
      if (child + 1 < size && heap[child + 1] < heap[child]) child++;
      if (heap[child] >= key) break;
      heap[parent] = heap[child];
      parent = child;
    }
    if (size > 0) heap[parent] = key;
    return place;
  }
}
