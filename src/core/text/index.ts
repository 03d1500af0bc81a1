export { cleanOpenai } from './openai-split.js';
export {
  parseMerges,
  parseTokenizerJson,
  parseVocabulary,
  tokenizerJsonInSteps,
  vocabularyInSteps,
  START_MARKER,
  END_MARKER,
  type Merge,
  type Vocabulary,
} from './vocabulary.js';
export { atOnce, type Steps } from '../steps.js';
export {
  createTokenizer,
  type TextConvention,
  type Tokenizer,
  type TokenizeOptions,
  type Tokens,
} from './tokenizer.js';
export { CLEANINGS, type Cleaning } from './cleaning/open-clip.js';
export { Merges } from './merges.js';
export { createBytePair } from './models/byte-pair.js';
export type { PieceModel } from './models/piece-model.js';
export { createUnigram } from './models/unigram.js';
export { createWordPiece } from './models/word-piece.js';
export { MAX_PIECE_ID, PieceTrie } from './piece-trie.js';
export type { LowerCase, Pipeline } from './pipeline/pipeline.js';
export type { AddedToken, Normalizer, PreTokenizer } from './pipeline/spec.js';
export { parseSentencePiece, type SentencePieceFile } from './sentence-piece/model-file.js';
export {
  createPipelineTokenizer,
  createSentencePieceTokenizer,
  type SentencePieceWords,
  type WordsOptions,
} from './words.js';
