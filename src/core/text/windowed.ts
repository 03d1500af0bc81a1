import { ClipgraphError } from '../../errors/index.js';
import { atOnce, type Steps } from '../steps.js';
import { TIMES_COUNTED, tooLong } from './too-long.js';
import type { Tokenizer, TokenizeOptions, Tokens } from './tokenizer.js';

/** How a text's ids become what the model reads. */
export interface Window {
  /** Tokens, with the markers before and behind. */
  readonly contextLength: number;
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
  /** Whether an end marker that a text spells itself stands for the one behind: as transformers' slow tokenizers have it. */
  readonly endsOnce: boolean;
  /** Ids that others take the place of, at last: open_clip's `strip_sep_token`. */
  readonly replaced: ReadonlyMap<number, number>;
  /** A piece's spelling. */
  readonly pieceOf: (id: number) => string;
}

/** The ids of a text without markers; of a text longer than `limit` at least so many. */
export type Encode = (
  text: string,
  options: { readonly strict: boolean; readonly limit: number },
) => Steps<number[]>;

const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * A tokenizer: ids of texts with their markers, no more than the model reads.
 *
 * Its convention is the model's own; `TokenizeOptions.convention` changes nothing.
 */
export function createWindowed(encode: Encode, window: Window): Tokenizer {
  const { contextLength, prefix, suffix, endsOnce, replaced, pieceOf } = window;
  const markers = prefix.length + suffix.length;

  function* inSteps(text: string, { truncate = false, strict = false }: TokenizeOptions = {}): Steps<Tokens> {
    if (LONE_SURROGATE.test(text)) {
      const message = 'The text holds half of a surrogate pair, which is not a character.';
      throw new ClipgraphError('BAD_USER_INPUT', message);
    }
    const room = Math.max(0, contextLength - markers);
    // One token more than there is room for shows that the text was cut.
    const limit = truncate ? room + 1 : contextLength * TIMES_COUNTED;
    const encoded = yield* encode(text, { strict, limit });
    const isEnded = (ids: readonly number[]): boolean => endsOnce && ids.at(-1) === suffix[0];
    const count = encoded.length + markers - (isEnded(encoded) ? 1 : 0);
    const isTruncated = encoded.length > room && count > contextLength;
    if (isTruncated && !truncate) {
      throw tooLong({ count, markers, isAtLeast: encoded.length >= limit, contextLength });
    }
    const kept = isTruncated ? encoded.slice(0, room) : encoded;
    const marked = [...prefix, ...kept, ...(isEnded(kept) ? [] : suffix)];
    const ids = marked.map((id) => replaced.get(id) ?? id);
    return { ids, pieces: ids.map(pieceOf), contextLength, isTruncated };
  }

  return Object.assign((text: string, options?: TokenizeOptions) => atOnce(inSteps(text, options)), {
    inSteps,
  });
}
