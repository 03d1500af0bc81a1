import { ClipgraphError } from '../../../errors/index.js';
import type { Steps } from '../../steps.js';
import { mapCharacters, STEP } from '../unicode/characters.js';
import { graphemes } from '../unicode/graphemes.js';

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder('utf-8', { ignoreBOM: true });
/** Of what a character is replaced by, in bytes; NFKC's longest has 33. */
const LONGEST = 256;
/** A grapheme cluster of fewer bytes is looked up as a whole. Source: tokenizers 0.23.3, normalizers/precompiled.rs. */
const WHOLE_BELOW = 6;

const CACHED_CHARACTERS = 4096;

function damaged(what: string): ClipgraphError {
  return new ClipgraphError('MODEL_UNAVAILABLE', `The tokenizer's map of characters ${what}.`);
}

/** What a text begins with, and what that is replaced by. */
export interface Replacement {
  /** Bytes in UTF-8. */
  readonly length: number;
  readonly text: string;
}

/**
 * A compiled map of characters (`precompiled_charsmap`): the length of a double-array trie, the trie (darts), and the texts
 * that its values point at, each ended by a NUL. Source: sentencepiece, normalizer.cc.
 */
export class CharactersMap {
  readonly #units: Uint32Array;
  readonly #texts: Uint8Array;
  /** What characters are replaced by, of those that were asked for last. */
  readonly #replaced = new Map<string, string>();

  /**
   * @throws MODEL_UNAVAILABLE when it is damaged
   */
  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const size = bytes.length < 4 ? 0 : view.getUint32(0, true);
    if (size === 0 || size % 4 !== 0 || size > bytes.length - 4) throw damaged('is cut off');
    this.#units = Uint32Array.from({ length: size / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
    this.#texts = bytes.subarray(4 + size);
    let start = 0;
    for (let end = this.#texts.indexOf(0); end >= 0; end = this.#texts.indexOf(0, start)) {
      if (end - start > LONGEST) throw damaged(`has a text of more than ${LONGEST} bytes`);
      start = end + 1;
    }
    if (start !== this.#texts.length) throw damaged('has a text without an end');
  }

  /**
   * The shortest or the longest beginning of the bytes that is in the map.
   *
   * @param from where they begin
   */
  find(bytes: Uint8Array, from: number, which: 'shortest' | 'longest'): Replacement | undefined {
    const units = this.#units;
    const childrenOf = (unit: number): number => (unit >>> 10) << ((unit & 512) >>> 6);
    let at = childrenOf(units[0]);
    let found: Replacement | undefined;
    for (let i = from; i < bytes.length && bytes[i] !== 0; i++) {
      at ^= bytes[i];
      const unit = units[at];
      // A place beyond the trie has no unit, and no label.
      if ((unit & 0x800000ff) >>> 0 !== bytes[i]) break;
      at ^= childrenOf(unit);
      if (((unit >>> 8) & 1) === 0) continue;
      found = { length: i + 1 - from, text: this.#textAt(units[at] & 0x7fffffff) };
      if (which === 'shortest') break;
    }
    return found;
  }

  #textAt(offset: number): string {
    const end = this.#texts.indexOf(0, offset);
    return fromUtf8.decode(this.#texts.subarray(offset, Math.max(offset, end)));
  }

  /** A text with its characters replaced: grapheme clusters that are short as a whole, others character by character. */
  *normalize(text: string): Steps<string> {
    let result = '';
    let [done, next] = [0, STEP];
    for (const cluster of graphemes(text)) {
      result += this.#replaceWhole(cluster) ?? (yield* mapCharacters(cluster, (one) => this.#replace(one)));
      done += cluster.length;
      if (done < next) continue;
      yield;
      next = done + STEP;
    }
    return result;
  }

  #replaceWhole(cluster: string): string | undefined {
    if (cluster.length >= WHOLE_BELOW) return undefined;
    // A single character is the same as a whole.
    if (cluster.length === 1) return this.#replace(cluster);
    const bytes = utf8.encode(cluster);
    return bytes.length < WHOLE_BELOW ? this.find(bytes, 0, 'shortest')?.text : undefined;
  }

  #replace(character: string): string {
    let replaced = this.#replaced.get(character);
    if (replaced === undefined) {
      replaced = this.find(utf8.encode(character), 0, 'shortest')?.text ?? character;
      if (this.#replaced.size >= CACHED_CHARACTERS) this.#replaced.clear();
      this.#replaced.set(character, replaced);
    }
    return replaced;
  }
}
