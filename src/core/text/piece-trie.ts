/** Ids are below this: the largest vocabularies have 262,144 pieces. */
export const MAX_PIECE_ID = 2 ** 21;

/** Grown like this, an array is copied a few times. */
function grown<Typed extends Uint32Array | Uint16Array | Int32Array>(array: Typed, larger: Typed): Typed {
  larger.set(array);
  return larger;
}

/**
 * The pieces of a vocabulary and their ids: a trie over UTF-16 units in typed arrays. A node's children are found by hashing;
 * an id's spelling by going up. 250,000 pieces take some 20 MB, where a map of strings takes 50 and cannot find prefixes.
 */
export class PieceTrie {
  /** Nodes by a hash of their parent and unit; 0 is free, since the root is nobody's child. */
  #slots = new Uint32Array(1024);
  #parents = new Uint32Array(512);
  #units = new Uint16Array(512);
  /** The id of the piece that ends at a node, or -1. */
  #ids = new Int32Array(512).fill(-1);
  #nodes = 1;
  /** The node of each id. */
  #ends = new Uint32Array(512);
  #size = 0;
  #longest = 0;

  /** Ids from 0 up to here have, or may have, a piece. */
  get size(): number {
    return this.#size;
  }

  /** UTF-16 units of the longest piece. */
  get longest(): number {
    return this.#longest;
  }

  /** Adds a piece; the id of one that is there already is changed. */
  add(piece: string, id: number): void {
    let node = 0;
    for (let i = 0; i < piece.length; i++) node = this.#step(node, piece.charCodeAt(i));
    this.#ids[node] = id;
    if (id >= this.#ends.length)
      this.#ends = grown(this.#ends, new Uint32Array(Math.max(id + 1, this.#ends.length * 2)));
    this.#ends[id] = node;
    this.#size = Math.max(this.#size, id + 1);
    this.#longest = Math.max(this.#longest, piece.length);
  }

  /** The node that this unit leads to; 0 for none. */
  child(node: number, unit: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = this.#hash(node, unit); ; slot = (slot + 1) & mask) {
      const found = this.#slots[slot];
      if (found === 0 || (this.#parents[found] === node && this.#units[found] === unit)) return found;
    }
  }

  /** The node that a text leads to, from the root or another node; 0 for none. */
  nodeOf(text: string, from = 0): number {
    let node = from;
    for (let i = 0; i < text.length; i++) {
      node = this.child(node, text.charCodeAt(i));
      if (node === 0) return 0;
    }
    return node;
  }

  /** The id of the piece that ends at a node; -1 for none. */
  idAt(node: number): number {
    return this.#ids[node];
  }

  /** The id of a piece; -1 for none. The root ends no piece. */
  idOf(piece: string): number {
    const node = this.nodeOf(piece);
    return node === 0 ? -1 : this.#ids[node];
  }

  /** The piece of an id; '' for none. */
  pieceOf(id: number): string {
    const units: number[] = [];
    for (let node = this.#ends[id] ?? 0; node !== 0; node = this.#parents[node])
      units.push(this.#units[node]);
    let piece = '';
    for (const unit of units.reverse()) piece += String.fromCharCode(unit);
    return piece;
  }

  #hash(node: number, unit: number): number {
    let hash = Math.imul(node, 0x9e3779b1) ^ Math.imul(unit + 1, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return (hash ^ (hash >>> 13)) & (this.#slots.length - 1);
  }

  #step(node: number, unit: number): number {
    const found = this.child(node, unit);
    if (found !== 0) return found;
    const made = this.#nodes++;
    if (made === this.#parents.length) {
      this.#parents = grown(this.#parents, new Uint32Array(2 * made));
      this.#units = grown(this.#units, new Uint16Array(2 * made));
      this.#ids = grown(this.#ids, new Int32Array(2 * made).fill(-1, made));
    }
    this.#parents[made] = node;
    this.#units[made] = unit;
    if (2 * this.#nodes > this.#slots.length) this.#rehash();
    else this.#place(made);
    return made;
  }

  #place(node: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#hash(this.#parents[node], this.#units[node]);
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = node;
  }

  #rehash(): void {
    this.#slots = new Uint32Array(2 * this.#slots.length);
    for (let node = 1; node < this.#nodes; node++) this.#place(node);
  }
}
