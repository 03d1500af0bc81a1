import { AddedTokens } from '../pipeline/added-tokens.js';
import type { AddedToken } from '../pipeline/spec.js';
import type { LowerCase } from '../pipeline/pipeline.js';
import type { Steps } from '../../steps.js';
import { innerOf, isPythonSpace, joinWords, mapCharacters, STEP } from '../unicode/characters.js';
import { lowerCase, pythonLowerCase } from '../unicode/lower-case.js';
import type { Encode } from '../windowed.js';
import { SPACE_MARK, type Piece, type Processor } from './processor.js';

export interface SentencePieceOptions {
  /** SigLIP's: ASCII's punctuation is taken away, white space made single spaces. */
  readonly isCanonical: boolean;
  readonly lower: LowerCase;
  /** Spelled out in a text that is read strictly, they stand for themselves; white space beside them goes where they say so. */
  readonly markers: readonly AddedToken[];
  /** The piece that stands for what is unknown. */
  readonly unknown: string;
}

/** The 32 signs of Python's `string.punctuation`. */
export function isAsciiPunctuation(code: number): boolean {
  return (
    (code >= 0x21 && code <= 0x2f) ||
    (code >= 0x3a && code <= 0x40) ||
    (code >= 0x5b && code <= 0x60) ||
    (code >= 0x7b && code <= 0x7e)
  );
}

/** A text without ASCII's punctuation, its words joined by single spaces. */
export function* withoutPunctuation(text: string): Steps<string> {
  const kept = yield* mapCharacters(text, (character, code) => (isAsciiPunctuation(code) ? '' : character));
  return yield* joinWords(kept);
}

/**
 * A text's ids by a model of sentencepiece, as transformers' tokenizers in Python have them: SigLIP's, or that of T5 before it
 * was ported to Rust. Source: transformers 5.24.0, tokenization_siglip.py and tokenization_python.py.
 */
export function createSentencePieceEncode(
  processor: Processor,
  { isCanonical, lower, markers, unknown }: SentencePieceOptions,
): Encode {
  const added = new AddedTokens(markers.map((token) => ({ ...token, lstrip: false, rstrip: false })));
  const byId = new Map(markers.map((token) => [token.id, token]));

  function* plain(text: string, isLowered: boolean): Steps<readonly Piece[]> {
    if (!isCanonical) return yield* processor.encode(isLowered ? yield* lowerCase(text) : text);
    const clean = yield* withoutPunctuation(isLowered ? yield* pythonLowerCase(text) : text);
    // The pieces of the unknown one's spelling are taken off again: so nothing is put before the text.
    const before = yield* processor.encode(unknown);
    const all = yield* processor.encode(unknown + clean);
    return all.length >= before.length ? all.slice(before.length) : all;
  }

  return function* (input, { strict }) {
    const isLowered = lower === 'always' || (lower === 'unless strict' && !strict);
    const text = isCanonical ? SPACE_MARK + input.replaceAll(SPACE_MARK, ' ') : input;
    const sections = yield* added.split(text, strict);
    const markerAt = (i: number): AddedToken | undefined => {
      const section = sections.at(i);
      return i >= 0 && section !== undefined && 'id' in section ? byId.get(section.id) : undefined;
    };
    const ids: number[] = [];
    let isMarkOnly = false;
    for (const [i, section] of sections.entries()) {
      if ('id' in section) {
        // The mark that begins each text is nothing before a marker.
        if (isCanonical && isMarkOnly && ids.length === 1) ids.pop();
        ids.push(section.id);
        isMarkOnly = false;
        continue;
      }
      let part = text.slice(section.start, section.end);
      if (markerAt(i - 1)?.rstrip === true) part = innerOf(part, isPythonSpace, 'left');
      if (markerAt(i + 1)?.lstrip === true) part = innerOf(part, isPythonSpace, 'right');
      if (part === '') continue;
      const pieces = yield* plain(part, isLowered);
      isMarkOnly = ids.length === 0 && pieces.length === 1 && pieces[0].text === SPACE_MARK;
      for (const piece of pieces) {
        ids.push(processor.idOf(piece.text));
        if (ids.length % STEP === 0) yield;
      }
    }
    return ids;
  };
}
