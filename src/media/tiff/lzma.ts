import { damaged } from './refusal.js';

const TOP = 2 ** 24;
const ONE_HALF = 1024;
const MOVE_BITS = 5;
const MODEL_BITS = 11;
const STATES = 12;
const POSITIONS = 16;
const MIN_MATCH = 2;
const LENGTH_STATES = 4;
const END_SLOT = 14;

const half = (length: number): Uint16Array => new Uint16Array(length).fill(ONE_HALF);

/** The probabilities of a match's length: a choice of two, then three trees. */
interface LengthModel {
  readonly choice: Uint16Array;
  readonly low: readonly Uint16Array[];
  readonly middle: readonly Uint16Array[];
  readonly high: Uint16Array;
}

function lengthModel(): LengthModel {
  const trees = (): Uint16Array[] => Array.from({ length: POSITIONS }, () => half(8));
  return { choice: half(2), low: trees(), middle: trees(), high: half(256) };
}

function freshModel(literalTables: number) {
  return {
    literals: half(literalTables * 0x300),
    isMatch: half(STATES * POSITIONS),
    isRepeat: half(STATES),
    isRepeat0: half(STATES),
    isRepeat0Long: half(STATES * POSITIONS),
    isRepeat1: half(STATES),
    isRepeat2: half(STATES),
    slots: Array.from({ length: LENGTH_STATES }, () => half(64)),
    far: half(128),
    align: half(16),
    length: lengthModel(),
    repeatLength: lengthModel(),
  };
}

/**
 * Decodes the chunks of LZMA2 into a buffer. The buffer is the dictionary too, and nothing is written past its end.
 *
 * Source: LZMA specification (7-Zip, lzma-specification.txt).
 */
export class Lzma {
  readonly #out: Uint8Array;
  #written = 0;
  /** Where the dictionary begins. */
  #start = 0;
  #literalBits = 0;
  #literalMask = 0;
  #positionMask = 0;
  #model: ReturnType<typeof freshModel> | undefined;
  #state = 0;
  #repeats = [0, 0, 0, 0];
  #data: Uint8Array = new Uint8Array();
  #at = 0;
  #range = 0;
  #code = 0;

  constructor(out: Uint8Array) {
    this.#out = out;
  }

  /** Bytes written so far. */
  get written(): number {
    return this.#written;
  }

  /** Begins a new dictionary. */
  forget(): void {
    this.#start = this.#written;
  }

  copy(bytes: Uint8Array): void {
    const kept = bytes.subarray(0, this.#out.length - this.#written);
    this.#out.set(kept, this.#written);
    this.#written += kept.length;
  }

  setProperties(byte: number): void {
    const [literal, rest] = [byte % 9, Math.trunc(byte / 9)];
    const [literalPosition, position] = [rest % 5, Math.trunc(rest / 5)];
    if (position > 4 || literal + literalPosition > 4) throw damaged('its data is damaged');
    this.#literalBits = literal;
    this.#literalMask = (1 << literalPosition) - 1;
    this.#positionMask = (1 << position) - 1;
    this.resetState();
  }

  resetState(): void {
    this.#model = freshModel((this.#literalMask + 1) << this.#literalBits);
    this.#state = 0;
    this.#repeats = [0, 0, 0, 0];
  }

  /** Decodes one chunk. */
  decode(data: Uint8Array, unpacked: number): void {
    const model = this.#model;
    if (model === undefined || data.length < 5) throw damaged('its data is damaged');
    this.#data = data;
    this.#range = 0xffff_ffff;
    this.#code = new DataView(data.buffer, data.byteOffset).getUint32(1);
    this.#at = 5;
    const end = Math.min(this.#written + unpacked, this.#out.length);
    while (this.#written < end) {
      const position = (this.#written - this.#start) & this.#positionMask;
      if (this.#bit(model.isMatch, this.#state * POSITIONS + position) === 0) this.#literal(model.literals);
      else this.#match(model, position, end);
    }
  }

  #bit(probabilities: Uint16Array, index: number): 0 | 1 {
    const probability = probabilities[index];
    const bound = (this.#range >>> MODEL_BITS) * probability;
    const isOne = this.#code >= bound;
    if (isOne) {
      this.#code -= bound;
      this.#range -= bound;
      probabilities[index] = probability - (probability >> MOVE_BITS);
    } else {
      this.#range = bound;
      probabilities[index] = probability + (((1 << MODEL_BITS) - probability) >> MOVE_BITS);
    }
    this.#normalise();
    return isOne ? 1 : 0;
  }

  #normalise(): void {
    if (this.#range >= TOP) return;
    // A byte past the chunk may be shifted in without being used.
    if (this.#at > this.#data.length) throw damaged('it is cut short');
    this.#range = (this.#range << 8) >>> 0;
    this.#code = ((this.#code << 8) | (this.#data.at(this.#at++) ?? 0)) >>> 0;
  }

  #direct(bits: number): number {
    let value = 0;
    for (let i = 0; i < bits; i++) {
      this.#range >>>= 1;
      const isOne = this.#code >= this.#range;
      if (isOne) this.#code -= this.#range;
      value = value * 2 + (isOne ? 1 : 0);
      this.#normalise();
    }
    return value;
  }

  #tree(probabilities: Uint16Array, bits: number): number {
    let node = 1;
    for (let i = 0; i < bits; i++) node = (node << 1) | this.#bit(probabilities, node);
    return node - (1 << bits);
  }

  #reverseTree(probabilities: Uint16Array, offset: number, bits: number): number {
    let [node, value] = [1, 0];
    for (let i = 0; i < bits; i++) {
      const bit = this.#bit(probabilities, offset + node);
      node = (node << 1) | bit;
      value |= bit << i;
    }
    return value;
  }

  #literal(literals: Uint16Array): void {
    const out = this.#out;
    const position = this.#written - this.#start;
    const before = position > 0 ? out[this.#written - 1] : 0;
    const table =
      (((position & this.#literalMask) << this.#literalBits) + (before >> (8 - this.#literalBits))) * 0x300;
    let symbol = 1;
    if (this.#state >= 7) {
      let matched = this.#back(this.#repeats[0]);
      while (symbol < 0x100) {
        const expected = (matched >> 7) & 1;
        matched <<= 1;
        const bit = this.#bit(literals, table + ((1 + expected) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        if (bit !== expected) break;
      }
    }
    while (symbol < 0x100) symbol = (symbol << 1) | this.#bit(literals, table + symbol);
    out[this.#written++] = symbol & 255;
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6;
  }

  /** The byte that lies `distance + 1` back. */
  #back(distance: number): number {
    if (distance >= this.#written - this.#start) throw damaged('its data is damaged');
    return this.#out[this.#written - distance - 1];
  }

  #length(model: LengthModel, position: number): number {
    if (this.#bit(model.choice, 0) === 0) return MIN_MATCH + this.#tree(model.low[position], 3);
    if (this.#bit(model.choice, 1) === 0) return MIN_MATCH + 8 + this.#tree(model.middle[position], 3);
    return MIN_MATCH + 16 + this.#tree(model.high, 8);
  }

  #distance(model: ReturnType<typeof freshModel>, length: number): number {
    const slot = this.#tree(model.slots[Math.min(length - MIN_MATCH, LENGTH_STATES - 1)], 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const base = (2 | (slot & 1)) * 2 ** bits;
    if (slot < END_SLOT) return base + this.#reverseTree(model.far, base - slot, bits);
    return base + this.#direct(bits - 4) * 16 + this.#reverseTree(model.align, 0, 4);
  }

  #match(model: ReturnType<typeof freshModel>, position: number, end: number): void {
    const state = this.#state;
    const [first, second, third, fourth] = this.#repeats;
    let length: number;
    if (this.#bit(model.isRepeat, state) === 0) {
      length = this.#length(model.length, position);
      this.#state = state < 7 ? 7 : 10;
      this.#repeats = [this.#distance(model, length), first, second, third];
    } else if (this.#bit(model.isRepeat0, state) === 0) {
      if (this.#bit(model.isRepeat0Long, state * POSITIONS + position) === 0) {
        this.#state = state < 7 ? 9 : 11;
        this.#out[this.#written] = this.#back(first);
        this.#written++;
        return;
      }
      length = this.#length(model.repeatLength, position);
      this.#state = state < 7 ? 8 : 11;
    } else {
      if (this.#bit(model.isRepeat1, state) === 0) this.#repeats = [second, first, third, fourth];
      else if (this.#bit(model.isRepeat2, state) === 0) this.#repeats = [third, first, second, fourth];
      else this.#repeats = [fourth, first, second, third];
      length = this.#length(model.repeatLength, position);
      this.#state = state < 7 ? 8 : 11;
    }
    const distance = this.#repeats[0];
    this.#back(distance);
    for (let i = 0; i < length && this.#written < end; i++) {
      this.#out[this.#written] = this.#out[this.#written - distance - 1];
      this.#written++;
    }
  }
}
