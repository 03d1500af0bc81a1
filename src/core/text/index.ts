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
