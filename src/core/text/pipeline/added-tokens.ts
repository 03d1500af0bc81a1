import { PieceTrie } from '../piece-trie.js';
import type { Steps } from '../../steps.js';
import { isWhiteSpace, STEP } from '../unicode/characters.js';
import type { AddedToken } from './spec.js';

/** A stretch of a text, or an added token that stands there. */
export type Section = { readonly start: number; readonly end: number } | { readonly id: number };

/** Finds added tokens: of those that begin at a place the longest, from left to right. */
export class AddedTokens {
  readonly #trie = new PieceTrie();
  readonly #tokens: readonly AddedToken[];

  constructor(tokens: readonly AddedToken[]) {
    this.#tokens = tokens;
    // By their places in the list: an id may have two texts.
    tokens.forEach(({ content }, i) => {
      if (content !== '') this.#trie.add(content, i);
    });
  }

  /**
   * Cuts a text at its added tokens. Source: tokenizers 0.23.3, tokenizer/added_vocabulary.rs, `find_matches`.
   *
   * @param isStrict markers are found, too
   */
  *split(text: string, isStrict: boolean): Steps<readonly Section[]> {
    if (this.#tokens.length === 0) return text === '' ? [] : [{ start: 0, end: text.length }];
    const sections: Section[] = [];
    let [done, sinceStep] = [0, 0];
    for (let at = 0; at < text.length;) {
      const { index, end: found, looked } = this.#at(text, at);
      sinceStep += looked;
      if (sinceStep >= STEP) {
        yield;
        sinceStep = 0;
      }
      if (index < 0) {
        at++;
        continue;
      }
      const token = this.#tokens[index];
      const isSkipped = token.special && !isStrict;
      if (!isSkipped) {
        let [start, end] = [at, found];
        if (token.lstrip) while (start > done && isWhiteSpace(text.charCodeAt(start - 1))) start--;
        if (token.rstrip) while (end < text.length && isWhiteSpace(text.charCodeAt(end))) end++;
        if (start > done) sections.push({ start: done, end: start });
        sections.push({ id: token.id });
        done = end;
      }
      at = found;
    }
    if (done < text.length) sections.push({ start: done, end: text.length });
    return sections;
  }

  /** The longest token that begins at a place; how many units that took. */
  #at(text: string, from: number): { index: number; end: number; looked: number } {
    let [node, index, end, at] = [0, -1, from, from];
    while (at < text.length) {
      node = this.#trie.child(node, text.charCodeAt(at++));
      if (node === 0) break;
      const found = this.#trie.idAt(node);
      if (found >= 0) [index, end] = [found, at];
    }
    return { index, end, looked: at - from };
  }
}
