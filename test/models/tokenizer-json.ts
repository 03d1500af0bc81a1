export const [START, END] = ['<|startoftext|>', '<|endoftext|>'];

/** What an added token says beside its text and its id. */
export const PLAIN = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const WORDS = String.raw`<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`;

const NORMALIZERS: Json[] = [
  { type: 'NFC' },
  { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
  { type: 'Lowercase' },
];
const PRE_TOKENIZERS: Json[] = [
  { type: 'Split', behavior: 'Removed', invert: true, pattern: { Regex: WORDS } },
  { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
];

/** CLIP's `tokenizer.json` as transformers 5 saves it, with this vocabulary, which holds the markers. */
export function clipTokenizerJson(vocab: Readonly<Record<string, number>>, merges: string[][]) {
  return {
    ...{ version: '1.0', truncation: null, padding: null },
    added_tokens: [START, END].map((content) => ({
      ...{ id: vocab[content], content, ...PLAIN },
      normalized: true,
    })),
    normalizer: { type: 'Sequence', normalizers: NORMALIZERS },
    pre_tokenizer: { type: 'Sequence', pretokenizers: PRE_TOKENIZERS },
    post_processor: {
      ...{ type: 'RobertaProcessing', trim_offsets: false, add_prefix_space: false },
      ...{ sep: [END, vocab[END]], cls: [START, vocab[START]] },
    },
    model: {
      ...{ type: 'BPE', dropout: null, unk_token: END },
      ...{ continuing_subword_prefix: '', end_of_word_suffix: '</w>' },
      ...{ fuse_unk: false, byte_fallback: false, ignore_merges: false },
      ...{ vocab, merges },
    },
  };
}
