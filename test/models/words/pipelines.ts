import { readFileSync } from 'node:fs';
import path from 'node:path';
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
    ...behaviors.flatMap((behavior) => [
      { type: 'Punctuation', behavior },
      split({ String: 'a' }, behavior),
      sequence(split({ Regex: '\\s+' }, behavior), metaspace({})),
      split({ String: ' ' }, behavior, true),
    ]),
  ];
}

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
