import { createNormalizer } from '../normalizers/normalizer.js';
import { createPreTokenizer, type Word } from '../pre-tokenizers/pre-tokenizer.js';
import type { PieceModel } from '../models/piece-model.js';
import type { Steps } from '../../steps.js';
import { STEP } from '../unicode/characters.js';
import { lowerCase } from '../unicode/lower-case.js';
import type { Encode } from '../windowed.js';
import { AddedTokens } from './added-tokens.js';
import type { AddedToken, Normalizer, PreTokenizer } from './spec.js';

/** What a `tokenizer.json` states, or another file that means the same. */
export interface Pipeline {
  readonly normalizer: Normalizer | undefined;
  readonly preTokenizer: PreTokenizer | undefined;
  readonly model: PieceModel;
  readonly added: readonly AddedToken[];
}

/** When texts are made lower case, between the added tokens, before the normalizer. */
export type LowerCase = 'never' | 'always' | 'unless strict';

/** Words of a text repeat; a cache of this many spares most of the work. */
const CACHED_WORDS = 8192;
const LONGEST_CACHED_WORD = 32;
/** What a word costs beside its length. */
const WORD_COST = 16;

/**
 * A text's ids by a pipeline: added tokens, normalizer, pre-tokenizer, model.
 *
 * Markers that a text spells are ordinary characters unless it is read strictly: neither found as added tokens nor made by
 * the model.
 *
 * @throws MODEL_UNAVAILABLE when its map of characters is damaged
 */
export function createEncode(
  { normalizer, preTokenizer, model, added }: Pipeline,
  lower: LowerCase,
): { readonly encode: Encode; readonly pieceOf: (id: number) => string } {
  const normalize = createNormalizer(normalizer);
  const split = createPreTokenizer(preTokenizer);
  const raw = new AddedTokens(added.filter((token) => !token.normalized));
  const normalized = lazily(function* () {
    const tokens: AddedToken[] = [];
    for (const token of added.filter((one) => one.normalized))
      tokens.push({ ...token, content: yield* normalize(token.content) });
    return new AddedTokens(tokens);
  });
  const markers = new Set(added.filter(({ special }) => special).map(({ id }) => id));
  const isMarker = (id: number): boolean => markers.has(id);
  const isNone = (): boolean => false;
  const cache = new Map<string, readonly number[]>();

  function* encodeWord(text: string, strict: boolean): Steps<readonly number[]> {
    if (strict || text.length > LONGEST_CACHED_WORD)
      return yield* model.encode(text, strict ? isNone : isMarker);
    const known = cache.get(text);
    if (known !== undefined) return known;
    const ids = yield* model.encode(text, isMarker);
    if (cache.size >= CACHED_WORDS) cache.clear();
    cache.set(text, ids);
    return ids;
  }

  /** Words and added tokens, in order. */
  function* partsOf(text: string, strict: boolean): Steps<(Word | number)[]> {
    const parts: (Word | number)[] = [];
    const isLowered = lower === 'always' || (lower === 'unless strict' && !strict);
    const inner = yield* normalized();
    for (const section of yield* raw.split(text, strict)) {
      if ('id' in section) {
        parts.push(section.id);
        continue;
      }
      const own = text.slice(section.start, section.end);
      const plain = yield* normalize(isLowered ? yield* lowerCase(own) : own);
      for (const part of yield* inner.split(plain, strict)) {
        if ('id' in part) parts.push(part.id);
        else {
          const isFirst = section.start === 0 && part.start === 0;
          for (const word of yield* split([{ text: plain.slice(part.start, part.end), isFirst }]))
            parts.push(word);
        }
      }
    }
    return parts;
  }

  function* encode(text: string, { strict, limit }: { strict: boolean; limit: number }): Steps<number[]> {
    const ids: number[] = [];
    let work = 0;
    for (const part of yield* partsOf(text, strict)) {
      if (ids.length >= limit) break;
      if (typeof part === 'number') ids.push(part);
      else for (const id of yield* encodeWord(part.text, strict)) ids.push(id);
      work += WORD_COST + (typeof part === 'number' ? 0 : part.text.length);
      if (work < STEP) continue;
      yield;
      work = 0;
    }
    return ids;
  }

  const others = new Map(added.map(({ id, content }) => [id, content]));
  return { encode, pieceOf: (id) => others.get(id) ?? model.pieces.pieceOf(id) };
}

/** Made when it is first asked for, and kept. */
function lazily<Value>(make: () => Steps<Value>): () => Steps<Value> {
  let made: { readonly value: Value } | undefined;
  return function* () {
    made ??= { value: yield* make() };
    return made.value;
  };
}
