import { BYTE_CHARACTERS } from '../byte-alphabet.js';
import { isWhiteSpace } from '../unicode/characters.js';
import { membership } from '../unicode/runs.js';
import { LETTERS, NUMBERS } from '../unicode/word-tables.js';

const utf8 = new TextEncoder();
const isLetter = membership(LETTERS);
const isNumber = membership(NUMBERS);

/** A text spelled by a printable character for each of its bytes. */
export function spellBytes(text: string): string {
  let spelled = '';
  for (const byte of utf8.encode(text)) spelled += BYTE_CHARACTERS[byte];
  return spelled;
}

const CONTRACTION = /'(?:s|t|re|ve|m|ll|d)/y;

/** 0 white space, 1 a letter, 2 a number, 3 another character. */
function kindOf(code: number): number {
  if (isWhiteSpace(code)) return 0;
  return isLetter(code) ? 1 : isNumber(code) ? 2 : 3;
}

function codeAt(text: string, at: number): number {
  return text.codePointAt(at) ?? 0;
}

/** Where the run of characters of one kind ends that begins at a place. */
function endOfRun(text: string, from: number, kind: number): number {
  let at = from;
  while (at < text.length && kindOf(codeAt(text, at)) === kind) at += codeAt(text, at) > 0xffff ? 2 : 1;
  return at;
}

/**
 * GPT-2's words, by the reference's version of Unicode: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
 * Source: tokenizers 0.23.3, pre_tokenizers/byte_level.rs.
 */
export function* splitAsGpt2(text: string): Generator<readonly [number, number], void, undefined> {
  for (let at = 0; at < text.length;) {
    const end = endOfWord(text, at);
    yield [at, end];
    at = end;
  }
}

function endOfWord(text: string, at: number): number {
  CONTRACTION.lastIndex = at;
  if (CONTRACTION.test(text)) return CONTRACTION.lastIndex;
  const from = text[at] === ' ' && at + 1 < text.length ? at + 1 : at;
  const kind = kindOf(codeAt(text, from));
  if (kind !== 0) return endOfRun(text, from, kind);
  const end = endOfRun(text, at, 0);
  // The last blank before a word is left to it.
  return end < text.length && end - at > 1 ? end - 1 : end;
}
