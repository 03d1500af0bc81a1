import { ClipgraphError } from '../../errors/index.js';
import type { Parts } from './part.js';
import type { Steps } from '../steps.js';
import { normalizeText } from './unicode-normalization.js';
import { END_MARKER, START_MARKER } from './vocabulary.js';

/**
 * CLIP's pattern for words. `\p{White_Space}` and not `\s`: JavaScript's `\s` contains U+FEFF and lacks U+0085.
 * Source: `tokenizer.json` of openai/clip-vit-base-patch32, `pre_tokenizer`.
 */
const WORDS =
  /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\p{White_Space}\p{L}\p{N}]+/gu;

const MARKERS = new RegExp(`(${[START_MARKER, END_MARKER].map((m) => m.replaceAll('|', '\\|')).join('|')})`);
const LONE_SURROGATE = /\p{Surrogate}/u;
const WHITE_SPACE = /\p{White_Space}/gu;
/** UTF-16 units that are normalized and cut into words in one step. */
const CHUNK = 2048;

/** Lower case code point by code point: without the final-sigma rule. */
function toLowerCase(text: string): string {
  return Array.from(text, (character) => character.toLowerCase()).join('');
}

/** NFC, white space to single spaces, lower case. */
function* normalize(text: string): Steps<string> {
  const spaced = normalizeText(text, 'NFC').replace(/\p{White_Space}+/gu, ' ');
  if (spaced.length <= CHUNK) return toLowerCase(spaced);
  yield;
  let lower = '';
  for (let from = 0; from < spaced.length;) {
    // Not between the halves of a surrogate pair.
    const to = from + CHUNK + ((spaced.codePointAt(from + CHUNK - 1) ?? 0) > 0xffff ? 1 : 0);
    lower += toLowerCase(spaced.slice(from, to));
    yield;
    from = to;
  }
  return lower;
}

/**
 * The second pre-tokenizer (ByteLevel) splits by GPT-2's pattern again. That changes nothing but a marker's spelling,
 * which CLIP's pattern keeps whole.
 */
function splitMarker(word: string): string[] {
  return word === START_MARKER || word === END_MARKER ? ['<|', word.slice(2, -2), '|>'] : [word];
}

function* splitOrdinary(text: string): Steps<string[]> {
  const normalized = yield* normalize(text);
  if (normalized.length <= CHUNK) return (normalized.match(WORDS) ?? []).flatMap(splitMarker);
  const words: string[] = [];
  let from = 0;
  for (const { 0: word, index } of normalized.matchAll(WORDS)) {
    words.push(...splitMarker(word));
    if (index - from < CHUNK) continue;
    yield;
    from = index;
  }
  return words;
}

/**
 * A text in pieces that each begin with white space: nothing composes with that, and no word holds it, so that the pieces
 * can be normalized and cut into words one by one. A longer word stays whole.
 */
function* chunksOf(text: string): Generator<string, void, undefined> {
  let from = 0;
  while (from < text.length) {
    WHITE_SPACE.lastIndex = from + CHUNK;
    const to = WHITE_SPACE.exec(text)?.index ?? text.length;
    yield text.slice(from, to);
    from = to;
  }
}

/**
 * Cuts a text into words as Hugging Face's fast CLIP tokenizer does, no further than they are asked for.
 *
 * @param strict `<|startoftext|>` and `<|endoftext|>` in the text become markers, as in the reference. Otherwise they
 *   are ordinary characters, so that nobody can end a text early: pooling takes the first end marker.
 * @param added finds the tokens that stand for themselves, in one group
 * @throws BAD_USER_INPUT for a lone surrogate, which no UTF-8 can spell (the reference raises a TypeError)
 * Source: `tokenizer.json` of openai/clip-vit-base-patch32.
 */
export function* splitHf(
  text: string,
  { strict, added }: { readonly strict: boolean; readonly added?: RegExp | undefined },
): Parts {
  if (LONE_SURROGATE.test(text)) {
    throw new ClipgraphError(
      'BAD_USER_INPUT',
      'The text holds half of a surrogate pair, which is not a character.',
    );
  }
  for (const [i, piece] of (added === undefined ? [text] : text.split(added)).entries()) {
    if (i % 2 === 1) yield { added: piece };
    else yield* splitBetween(piece, strict);
  }
}

/** What stands between added tokens. */
function* splitBetween(text: string, strict: boolean): Parts {
  for (const piece of strict ? text.split(MARKERS) : [text]) {
    if (strict && (piece === START_MARKER || piece === END_MARKER)) {
      yield { marker: piece };
      continue;
    }
    for (const chunk of chunksOf(piece)) {
      for (const word of yield* splitOrdinary(chunk)) yield { word };
      yield;
    }
  }
}
