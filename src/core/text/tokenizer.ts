import { ClipgraphError } from '../../errors/index.js';
import { encodeWord } from './byte-pair-encoding.js';
import { splitHf } from './hf-split.js';
import { splitOpenai } from './openai-split.js';
import { START_MARKER, type Vocabulary } from './vocabulary.js';

/** A text as the model reads it. */
export interface Tokens {
  /** With the start and end markers, without padding. */
  readonly ids: readonly number[];
  /** The vocabulary's spelling of each id. */
  readonly pieces: readonly string[];
  readonly contextLength: number;
  readonly isTruncated: boolean;
}

/** Whose cutting into words is followed: Hugging Face's, or openai/CLIP's with its cleaning. */
export type TextConvention = 'hf' | 'openai';

export interface TokenizeOptions {
  /** Default `hf`. */
  readonly convention?: TextConvention;
  /** Cut a text that is longer than the context; the end marker stays last. Default false: refuse it. */
  readonly truncate?: boolean;
  /** Do exactly what the reference does: markers spelled out in the text become markers. Default false. */
  readonly strict?: boolean;
}

export type Tokenizer = (text: string, options?: TokenizeOptions) => Tokens;

/** Words of a text repeat; a cache of this many spares most of the merging. */
const CACHED_WORDS = 8192;
const LONGEST_CACHED_WORD = 64;

/**
 * A tokenizer over a vocabulary.
 *
 * @param contextLength the window in tokens, with both markers: 77 for CLIP
 * @returns a function that throws TEXT_TOO_LONG, with the count, for a text that does not fit and may not be cut
 */
export function createTokenizer(vocabulary: Vocabulary, contextLength: number): Tokenizer {
  const { pieces, startId, endId } = vocabulary;
  const cache = new Map<string, readonly number[]>();

  const encode = (word: string): readonly number[] => {
    const known = cache.get(word);
    if (known !== undefined) return known;
    const ids = encodeWord(word, vocabulary);
    if (cache.size >= CACHED_WORDS) cache.clear();
    if (word.length <= LONGEST_CACHED_WORD) cache.set(word, ids);
    return ids;
  };

  return (text, { convention = 'hf', truncate = false, strict = false } = {}) => {
    const split = convention === 'openai' ? splitOpenai : splitHf;
    const words = split(text, { strict }).flatMap((part) =>
      'word' in part ? encode(part.word) : [part.marker === START_MARKER ? startId : endId],
    );
    const count = words.length + 2;
    const isTruncated = count > contextLength;
    if (isTruncated && !truncate) {
      throw new ClipgraphError(
        'TEXT_TOO_LONG',
        `The text has ${count} tokens with its two markers; the model reads ${contextLength}. ` +
          'Shorten it, or set truncate to cut it.',
      );
    }
    const ids = [startId, ...words.slice(0, contextLength - 2), endId];
    return { ids, pieces: ids.map((id) => pieces[id]), contextLength, isTruncated };
  };
}
