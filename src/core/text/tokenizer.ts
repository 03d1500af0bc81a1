import { encodeWord } from './byte-pair-encoding.js';
import { splitHf } from './hf-split.js';
import { splitOpenai } from './openai-split.js';
import { atOnce, type Steps } from '../steps.js';
import { TIMES_COUNTED, tooLong } from './too-long.js';
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

/** Cuts texts into tokens: called, at once; `inSteps`, so that whoever runs it may give way in between. */
export interface Tokenizer {
  /**
   * @throws TEXT_TOO_LONG for a text that does not fit and may not be cut, with the count of its tokens, or that they are at least
   *   ten times as many as fit; BAD_USER_INPUT
   */
  (text: string, options?: TokenizeOptions): Tokens;
  /** The same, in steps of about a millisecond. */
  readonly inSteps: (text: string, options?: TokenizeOptions) => Steps<Tokens>;
}

/** Words of a text repeat; a cache of this many spares most of the merging. */
const CACHED_WORDS = 8192;
const LONGEST_CACHED_WORD = 64;
/** Words that are encoded in one step. */
const WORDS_A_STEP = 256;

/** Finds any of the tokens, the longest first. */
function patternOf(tokens: readonly string[]): RegExp | undefined {
  if (tokens.length === 0) return undefined;
  const sorted = [...tokens].sort((a, b) => b.length - a.length);
  return new RegExp(`(${sorted.map((token) => token.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|')})`);
}

/**
 * A tokenizer over a vocabulary.
 *
 * @param contextLength the window in tokens, with both markers: 77 for CLIP
 * @param addedTokens texts that are tokens of their own wherever they stand, in the convention `hf`; their ids
 */
export function createTokenizer(
  vocabulary: Vocabulary,
  contextLength: number,
  addedTokens: Readonly<Record<string, number>> = {},
): Tokenizer {
  const { pieces, startId, endId } = vocabulary;
  const addedIds = new Map(Object.entries(addedTokens));
  const added = patternOf([...addedIds.keys()]);
  const cache = new Map<string, readonly number[]>();

  function* encode(word: string, limit: number): Steps<readonly number[]> {
    const known = cache.get(word);
    if (known !== undefined) return known;
    if (word.length > LONGEST_CACHED_WORD) return yield* encodeWord(word, vocabulary, limit);
    const ids = yield* encodeWord(word, vocabulary);
    if (cache.size >= CACHED_WORDS) cache.clear();
    cache.set(word, ids);
    return ids;
  }

  function* inSteps(
    text: string,
    { convention = 'hf', truncate = false, strict = false }: TokenizeOptions = {},
  ): Steps<Tokens> {
    const split = convention === 'openai' ? splitOpenai : splitHf;
    // What is cut away need not be encoded: words are encoded each for itself. One token more shows that it was cut.
    const limit = truncate ? contextLength - 1 : contextLength * TIMES_COUNTED;
    const encoded: number[] = [];
    let words = 0;
    for (const part of split(text, { strict, added })) {
      if (part === undefined) {
        yield;
        continue;
      }
      if ('word' in part) {
        for (const id of yield* encode(part.word, limit - encoded.length)) encoded.push(id);
      } else if ('added' in part) {
        encoded.push(addedIds.get(part.added) ?? endId);
      } else {
        encoded.push(part.marker === START_MARKER ? startId : endId);
      }
      if (encoded.length >= limit) break;
      words++;
      if (words % WORDS_A_STEP === 0) yield;
    }
    const count = encoded.length + 2;
    const isTruncated = count > contextLength;
    if (isTruncated && !truncate) {
      throw tooLong({ count, markers: 2, isAtLeast: encoded.length >= limit, contextLength });
    }
    const ids = [startId, ...encoded.slice(0, contextLength - 2), endId];
    return { ids, pieces: ids.map((id) => pieces[id]), contextLength, isTruncated };
  }

  return Object.assign((text: string, options?: TokenizeOptions) => atOnce(inSteps(text, options)), {
    inSteps,
  });
}
