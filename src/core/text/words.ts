import { clean, type Cleaning } from './cleaning/open-clip.js';
import { createEncode, type LowerCase, type Pipeline } from './pipeline/pipeline.js';
import type { AddedToken } from './pipeline/spec.js';
import { createSentencePieceEncode } from './sentence-piece/encode.js';
import type { SentencePieceFile } from './sentence-piece/model-file.js';
import { createProcessor } from './sentence-piece/processor.js';
import type { Tokenizer } from './tokenizer.js';
import { createWindowed, type Encode } from './windowed.js';

/** How a model reads texts, beside what the file of its vocabulary states. */
export interface WordsOptions {
  /** Tokens, with the markers. */
  readonly contextLength: number;
  readonly cleaning: Cleaning;
  readonly lowerCase: LowerCase;
  /** Markers before and behind each text. */
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
  /** Ids that others take the place of, at last. */
  readonly replaced: ReadonlyMap<number, number>;
}

function cleaned(encode: Encode, cleaning: Cleaning): Encode {
  if (cleaning === 'none') return encode;
  return function* (text, options) {
    return yield* encode(yield* clean(text, cleaning), options);
  };
}

/**
 * The tokenizer that a `tokenizer.json` states, or a `vocab.txt`.
 *
 * @throws MODEL_UNAVAILABLE when its map of characters is damaged
 */
export function createPipelineTokenizer(pipeline: Pipeline, options: WordsOptions): Tokenizer {
  const { encode, pieceOf } = createEncode(pipeline, options.lowerCase);
  return createWindowed(cleaned(encode, options.cleaning), { ...options, endsOnce: false, pieceOf });
}

/** What transformers' tokenizers in Python do with a model of sentencepiece. */
export interface SentencePieceWords {
  /** SigLIP's: without ASCII's punctuation, white space to single spaces. */
  readonly isCanonical: boolean;
  readonly markers: readonly AddedToken[];
  /** The piece that stands for what is unknown. */
  readonly unknown: string;
}

/**
 * The tokenizer over a `spiece.model`.
 *
 * @throws MODEL_UNAVAILABLE when its map of characters is damaged
 */
export function createSentencePieceTokenizer(
  file: SentencePieceFile,
  words: SentencePieceWords,
  options: WordsOptions,
): Tokenizer {
  const processor = createProcessor(file);
  const encode = createSentencePieceEncode(processor, { ...words, lower: options.lowerCase });
  const pieceOf = (id: number): string => processor.pieces.pieceOf(id);
  return createWindowed(cleaned(encode, options.cleaning), { ...options, endsOnce: true, pieceOf });
}
