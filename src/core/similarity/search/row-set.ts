/** How many of the bits of a 32-bit word are set. Source: Warren, Hacker's Delight, 5-1. */
export function countBits(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** A set of row numbers, a bit for each: which rows of an index a search may find. */
export class RowSet implements Iterable<number> {
  #words = new Uint32Array(0);
  #size = 0;

  constructor(rows: Iterable<number> = []) {
    for (const row of rows) this.add(row);
  }

  /** Rows `0 … count - 1`. */
  static upTo(count: number): RowSet {
    const set = new RowSet();
    set.#words = new Uint32Array(Math.ceil(count / 32)).fill(0xffffffff);
    if (count % 32 > 0) set.#words[set.#words.length - 1] = 2 ** (count % 32) - 1;
    set.#size = count;
    return set;
  }

  /** Of words as `words` gives them, which it takes as its own. */
  static fromWords(words: Uint32Array<ArrayBuffer>): RowSet {
    const set = new RowSet();
    set.#words = words;
    set.#size = words.reduce((size, word) => size + countBits(word), 0);
    return set;
  }

  /** How many rows it holds. */
  get size(): number {
    return this.#size;
  }

  /** Bit `row & 31` of word `row >> 5` says whether the row is in it; rows beyond the last word are not. */
  get words(): Uint32Array {
    return this.#words;
  }

  has(row: number): boolean {
    const word = row >>> 5;
    return word < this.#words.length && ((this.#words[word] >>> (row & 31)) & 1) === 1;
  }

  add(row: number): void {
    if (this.has(row)) return;
    const word = row >>> 5;
    if (word >= this.#words.length) {
      const words = new Uint32Array(Math.max(word + 1, Math.ceil(this.#words.length * 1.5)));
      words.set(this.#words);
      this.#words = words;
    }
    this.#words[word] |= 1 << (row & 31);
    this.#size++;
  }

  /** @returns whether it was there */
  delete(row: number): boolean {
    if (!this.has(row)) return false;
    this.#words[row >>> 5] &= ~(1 << (row & 31));
    this.#size--;
    return true;
  }

  /** In ascending order. */
  *[Symbol.iterator](): Generator<number, void, undefined> {
    for (let word = 0; word < this.#words.length; word++) {
      for (let bits = this.#words[word]; bits !== 0; bits &= bits - 1) {
        yield word * 32 + 31 - Math.clz32(bits & -bits);
      }
    }
  }
}
