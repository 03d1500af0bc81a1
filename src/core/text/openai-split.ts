import { cleanBasically } from './cleaning/basic.js';
import type { Parts } from './part.js';
import { atOnce, type Steps } from '../steps.js';
import { END_MARKER, START_MARKER } from './vocabulary.js';

/**
 * The pattern ignores case in Python. `i` in JavaScript would let `\p{L}` match U+0345, which Python drops; the text is in
 * lower case already, so that only `'ſ` is left to be named.
 */
const WORDS = /'[sſ]|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\p{White_Space}\p{L}\p{N}\u0345]+/gu;
const WORDS_AND_MARKERS = new RegExp(`<\\|startoftext\\|>|<\\|endoftext\\|>|${WORDS.source}`, 'gu');

/**
 * A text as openai/CLIP's tokenizer sees it: repaired, HTML unescaped twice, white space to single spaces, lower case.
 * Source: openai/CLIP clip/simple_tokenizer.py, `basic_clean` and `whitespace_clean`.
 */
export function cleanOpenai(text: string): string {
  return atOnce(cleanInSteps(text));
}

function* cleanInSteps(text: string): Steps<string> {
  const clean = yield* cleanBasically(text);
  return clean.replace(/\p{White_Space}+/gu, ' ').toLowerCase();
}

/**
 * Cuts a text into words as openai/CLIP's tokenizer does, after its cleaning.
 *
 * @param strict marker strings become markers, as in the reference; see `splitHf`
 */
export function* splitOpenai(text: string, { strict }: { readonly strict: boolean }): Parts {
  const clean = yield* cleanInSteps(text);
  yield;
  const words = clean.match(strict ? WORDS_AND_MARKERS : WORDS) ?? [];
  for (const word of words) {
    yield strict && (word === START_MARKER || word === END_MARKER) ? { marker: word } : { word };
  }
}
