import { ClipgraphError } from '../../errors/index.js';
import type { Part } from './part.js';
import { END_MARKER, START_MARKER } from './vocabulary.js';

/**
 * CLIP's pattern for words. `\p{White_Space}` and not `\s`: JavaScript's `\s` contains U+FEFF and lacks U+0085.
 * Source: `tokenizer.json` of openai/clip-vit-base-patch32, `pre_tokenizer`.
 */
const WORDS =
  /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\p{White_Space}\p{L}\p{N}]+/gu;

const MARKERS = new RegExp(`(${[START_MARKER, END_MARKER].map((m) => m.replaceAll('|', '\\|')).join('|')})`);
const LONE_SURROGATE = /\p{Surrogate}/u;

/** NFC, white space to single spaces, lower case code point by code point: without the final-sigma rule. */
function normalize(text: string): string {
  const spaced = text.normalize('NFC').replace(/\p{White_Space}+/gu, ' ');
  return Array.from(spaced, (character) => character.toLowerCase()).join('');
}

/**
 * The second pre-tokenizer (ByteLevel) splits by GPT-2's pattern again. That changes nothing but a marker's spelling,
 * which CLIP's pattern keeps whole.
 */
function splitMarker(word: string): string[] {
  return word === START_MARKER || word === END_MARKER ? ['<|', word.slice(2, -2), '|>'] : [word];
}

function splitOrdinary(text: string): string[] {
  return (normalize(text).match(WORDS) ?? []).flatMap(splitMarker);
}

/**
 * Cuts a text into words as Hugging Face's fast CLIP tokenizer does.
 *
 * @param strict `<|startoftext|>` and `<|endoftext|>` in the text become markers, as in the reference. Otherwise they
 *   are ordinary characters, so that nobody can end a text early: pooling takes the first end marker.
 * @throws BAD_USER_INPUT for a lone surrogate, which no UTF-8 can spell (the reference raises a TypeError)
 * Source: `tokenizer.json` of openai/clip-vit-base-patch32.
 */
export function splitHf(text: string, { strict }: { readonly strict: boolean }): Part[] {
  if (LONE_SURROGATE.test(text)) {
    throw new ClipgraphError(
      'BAD_USER_INPUT',
      'The text holds half of a surrogate pair, which is not a character.',
    );
  }
  const toParts = (ordinary: string): Part[] => splitOrdinary(ordinary).map((word) => ({ word }));
  if (!strict) return toParts(text);
  return text
    .split(MARKERS)
    .flatMap((piece) =>
      piece === START_MARKER || piece === END_MARKER ? [{ marker: piece }] : toParts(piece),
    );
}
