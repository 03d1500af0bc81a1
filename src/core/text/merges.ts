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

  /** A pair that is there already gets the new rank. */
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
