import { readFileSync } from 'node:fs';
import path from 'node:path';
import { BYTE_CHARACTERS } from '../../../src/core/text/byte-alphabet.js';
import { folderOf, type TokenizerName } from './goldens.js';

type Json = Record<string, any>;

export function readTokenizer(name: TokenizerName): Json {
  return JSON.parse(readFileSync(path.join(folderOf(name), 'tokenizer.json'), 'utf8')) as Json;
}

const special = (id: number, content: string) => ({
  ...{ id, content, special: true },
  ...{ single_word: false, lstrip: false, rstrip: false, normalized: false },
});

/** What transformers makes of a vocab.txt. */
function bert(): Json {
  const lines = readFileSync(path.join(folderOf('bert-zh'), 'vocab.txt'), 'utf8')
    .trimEnd()
    .split('\n');
  const vocab = Object.fromEntries(lines.map((piece, id) => [piece, id]));
  const markers = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
  return {
    ...readTokenizer('mbert'),
    added_tokens: markers.map((piece) => special(vocab[piece], piece)),
    normalizer: {
      ...{ type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true },
      ...{ strip_accents: null, lowercase: true },
    },
    model: { ...readTokenizer('mbert').model, vocab },
    post_processor: {
      type: 'BertProcessing',
      sep: ['[SEP]', vocab['[SEP]']],
      cls: ['[CLS]', vocab['[CLS]']],
    },
  };
}

const metaspace = (changes: Json) => ({
  type: 'Metaspace',
  replacement: '▁',
  prepend_scheme: 'always',
  split: true,
  ...changes,
});
const sequence = (...pretokenizers: Json[]) => ({ type: 'Sequence', pretokenizers });
const split = (pattern: Json, behavior: string, invert = false) => ({
  type: 'Split',
  pattern,
  behavior,
  invert,
});

/** Every way of cutting, over the vocabulary of the multilingual Unigram. */
function cuttings(): Json[] {
  const behaviors = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'];
  return [
    metaspace({ prepend_scheme: 'first' }),
    metaspace({ prepend_scheme: 'never' }),
    metaspace({ split: false }),
    { type: 'Metaspace', replacement: '▁', prepend_scheme: 'never', add_prefix_space: false },
    { type: 'Metaspace', replacement: '▁', add_prefix_space: true, str_rep: '▁' },
    { type: 'CharDelimiterSplit', delimiter: 'a' },
    sequence({ type: 'Whitespace' }, metaspace({})),
    sequence({ type: 'Digits', individual_digits: false }, metaspace({})),
    ...behaviors.flatMap((behavior) => [
      { type: 'Punctuation', behavior },
      split({ String: 'a' }, behavior),
      sequence(split({ Regex: '\\s+' }, behavior), metaspace({})),
      split({ String: ' ' }, behavior, true),
    ]),
  ];
}

const byteLevel = (changes: Json = {}) => ({
  type: 'ByteLevel',
  ...{ add_prefix_space: false, trim_offsets: true, use_regex: true },
  ...changes,
});

/** GPT-2's and RoBERTa's: every text has pieces, so that each character shows. */
function byteLevelBpe(changes: Json = {}): Json {
  const merges = ['t h', 'Ġ t', 'Ġ a', 'Ġt h', 'Ġth e', 'i n', 'Ġ Ġ', 'Ã ©', 'Ċ Ċ', "' s", '1 2', 'e r'].map(
    (pair) => pair.split(' '),
  );
  const pieces = [
    '<s>',
    '<pad>',
    '</s>',
    '<unk>',
    ...BYTE_CHARACTERS,
    ...merges.map((pair) => pair.join('')),
  ];
  return {
    added_tokens: ['<s>', '<pad>', '</s>', '<unk>'].map((piece, id) => special(id, piece)),
    normalizer: null,
    pre_tokenizer: byteLevel(),
    post_processor: {
      ...{ type: 'RobertaProcessing', sep: ['</s>', 2], cls: ['<s>', 0], trim_offsets: true },
      add_prefix_space: false,
    },
    model: {
      ...{
        type: 'BPE',
        unk_token: null,
        dropout: null,
        continuing_subword_prefix: '',
        end_of_word_suffix: '',
      },
      vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
      merges,
    },
    ...changes,
  };
}

/** Of parts that are read by characters: every character of a plane is tried. */
export const SWEPT: ReadonlyMap<string, Json> = new Map<string, Json>([
  ...['NFC', 'NFKC', 'NFKD', 'NFD', 'StripAccents', 'Nmt'].map((type): [string, Json] => [
    `${type} in bytes`,
    byteLevelBpe({ normalizer: { type } }),
  ]),
  // The second one puts a space before each word of the first.
  [
    'words of GPT-2',
    byteLevelBpe({
      pre_tokenizer: sequence(byteLevel(), byteLevel({ add_prefix_space: true, use_regex: false })),
    }),
  ],
  [
    'Whitespace in bytes',
    byteLevelBpe({
      pre_tokenizer: sequence(
        { type: 'Whitespace' },
        byteLevel({ add_prefix_space: true, use_regex: false }),
      ),
    }),
  ],
  [
    'Digits in bytes',
    byteLevelBpe({
      pre_tokenizer: sequence(
        { type: 'Digits', individual_digits: true },
        byteLevel({ add_prefix_space: true, use_regex: false }),
      ),
    }),
  ],
]);

const NORMALIZERS: Json[] = [
  { type: 'NFD' },
  { type: 'Lowercase' },
  { type: 'Strip', strip_left: true, strip_right: false },
  { type: 'Strip', strip_left: true, strip_right: true },
  { type: 'Prepend', prepend: '▁' },
  { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
  { type: 'Replace', pattern: { String: 'aa' }, content: 'b' },
  ...[true, false].flatMap((lowercase) =>
    [true, false, null].map((strip_accents) => ({
      ...{ type: 'BertNormalizer', clean_text: !lowercase, handle_chinese_chars: lowercase },
      ...{ strip_accents, lowercase },
    })),
  ),
];

const ADDED = [
  { content: 'ab', single_word: false, lstrip: false, rstrip: false, normalized: false, special: false },
  { content: 'A b', single_word: false, lstrip: true, rstrip: true, normalized: true, special: false },
  { content: '  x', single_word: false, lstrip: false, rstrip: true, normalized: false, special: false },
  { content: 'É', single_word: false, lstrip: false, rstrip: false, normalized: true, special: false },
];

/** Pipelines to compare, by name: those of the reference data, and one of every part that is supported. */
export function pipelines(): ReadonlyMap<string, Json> {
  const [xlmr, gemma, t5] = [readTokenizer('xlmr'), readTokenizer('gemma'), readTokenizer('t5')];
  const model = (json: Json, changes: Json): Json => ({ ...json, model: { ...json.model, ...changes } });
  const added = ADDED.map((token, i) => ({ ...token, id: 2000 + i }));
  const without = Object.fromEntries(
    Object.entries(gemma.model.vocab as Record<string, number>).filter(([piece]) => !/^<0x[EF]/.test(piece)),
  );
  return new Map<string, Json>([
    ['xlmr', xlmr],
    ['t5', t5],
    ['gemma', gemma],
    [
      'gemma in lower case',
      { ...gemma, normalizer: { type: 'Sequence', normalizers: [{ type: 'Lowercase' }, gemma.normalizer] } },
    ],
    ['mbert', readTokenizer('mbert')],
    ['bert-zh', bert()],
    ['xlmr with bytes', model({ ...xlmr, pre_tokenizer: null }, { byte_fallback: true })],
    [
      'bytes of gemma in a Unigram',
      model(t5, {
        byte_fallback: true,
        vocab: [
          ...t5.model.vocab,
          ...Array.from({ length: 256 }, (_, byte) => [
            `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
            0,
          ]),
        ],
      }),
    ],
    ['gemma without bytes', model(gemma, { byte_fallback: false })],
    ['gemma with single unknowns', model(gemma, { byte_fallback: false, fuse_unk: false })],
    ['gemma with some bytes', model(gemma, { vocab: without })],
    ['gemma without what is unknown', model(gemma, { byte_fallback: false, unk_token: null })],
    [
      'gemma with whole words',
      model(
        { ...gemma, pre_tokenizer: { type: 'WhitespaceSplit' }, normalizer: null },
        { ignore_merges: true },
      ),
    ],
    [
      'added tokens',
      {
        ...xlmr,
        added_tokens: [...xlmr.added_tokens, ...added.map((token, i) => ({ ...token, id: 902 + i }))],
        normalizer: { type: 'Sequence', normalizers: [{ type: 'Lowercase' }, xlmr.normalizer] },
      },
    ],
    ['byte level', byteLevelBpe()],
    [
      'byte level with a space before',
      byteLevelBpe({
        pre_tokenizer: byteLevel({ add_prefix_space: true }),
        post_processor: {
          type: 'Sequence',
          processors: [
            { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false, use_regex: true },
            {
              type: 'TemplateProcessing',
              single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
              pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
              special_tokens: { '<s>': { id: '<s>', ids: [0], tokens: ['<s>'] } },
            },
          ],
        },
      }),
    ],
    ...SWEPT,
    ...cuttings().map((pre_tokenizer, i): [string, Json] => [
      `cutting ${i}: ${JSON.stringify(pre_tokenizer)}`,
      { ...xlmr, pre_tokenizer },
    ]),
    ...NORMALIZERS.map((normalizer): [string, Json] => [
      `normalizer ${JSON.stringify(normalizer)}`,
      { ...xlmr, normalizer },
    ]),
  ]);
}
