import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Tokenizer } from '../../../src/core/text/index.js';
import { readWords } from '../../../src/models/layout/words/read-words.js';
import { readTokenizerJson } from '../../../src/models/layout/words/tokenizer-json.js';
import { copyOf, openTokenizer, readCases, type TokenizerName } from './goldens.js';
import { readTokenizer } from './pipelines.js';

const CASES = readCases();

const CONVENTIONS: Readonly<Record<string, () => Promise<Tokenizer>>> = {
  siglip: () => openTokenizer('siglip'),
  // Siglip2Tokenizer: in lower case whatever is asked for.
  siglip2: () => openTokenizer('gemma', {}, { lowerCase: 'always' }),
  'siglip2-auto': () => openTokenizer('gemma'),
  xlmr: () => openTokenizer('xlmr'),
  'bert-zh': () => openTokenizer('bert-zh'),
  mbert: () => openTokenizer('mbert'),
  't5-file': () => openTokenizer('t5'),
  'openclip-siglip': () => openTokenizer('t5', { cleaning: 'canonicalize' }),
  'openclip-siglip2': () => openTokenizer('gemma', { cleaning: 'canonicalize' }),
  'openclip-xlmr': () => openTokenizer('xlmr', { cleaning: 'whitespace' }),
};

describe('the hard strings of the reference', () => {
  it.each(Object.keys(CONVENTIONS))('have the ids of the convention %s', async (convention) => {
    const tokenize = await CONVENTIONS[convention]();
    const cases = CASES.filter(({ ids }) => convention in ids);
    const wrong = cases.filter(
      ({ text, ids }) =>
        JSON.stringify(tokenize(text, { strict: true }).ids) !== JSON.stringify(ids[convention]),
    );
    expect(wrong.map(({ text }) => text)).toEqual([]);
    expect(cases.length).toBeGreaterThanOrEqual(178);
  });

  it('are spelled by the pieces of the vocabulary', async () => {
    const tokenize = await openTokenizer('xlmr');
    expect(tokenize('a dog').pieces).toEqual(['<s>', '▁a', '▁dog', '</s>']);
    const siglip = await openTokenizer('siglip');
    expect(siglip('A dog!').pieces.at(-1)).toBe('</s>');
  });
});

/** By transformers 5.24.0, XLMRobertaTokenizer, of a folder that has no tokenizer.json. */
const FAIRSEQ = readFileSync(
  path.join(__dirname, '..', '..', 'goldens', 'words', 'fairseq-cases.jsonl'),
  'utf8',
)
  .trim()
  .split('\n')
  .map(
    (line) => JSON.parse(line) as { readonly text: string; readonly ids: { readonly 'xlmr-sp': number[] } },
  );

describe('a sentencepiece.bpe.model', () => {
  it("is read with XLM-R's ids", async () => {
    const tokenize = await openTokenizer('xlmr-fairseq');
    const wrong = FAIRSEQ.filter(
      ({ text, ids }) =>
        JSON.stringify(tokenize(text, { strict: true }).ids) !== JSON.stringify(ids['xlmr-sp']),
    );
    expect(wrong.map(({ text }) => text)).toEqual([]);
    expect(FAIRSEQ.length).toBe(178);
    expect(tokenize('a dog <mask>').pieces).not.toContain('<mask>');
    expect(tokenize('a dog <mask>', { strict: true }).pieces).toContain('<mask>');
  });

  it('is not read with tokens added to it', async () => {
    const folder = copyOf('xlmr-fairseq');
    writeFileSync(path.join(folder, 'added_tokens.json'), '{"<new>": 502}');
    await expect(readWords(folder, '')).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: expect.stringMatching(/sentencepiece\.bpe\.model has the token "<new>" added/),
    });
  });
});

describe('a text of somebody else', () => {
  it.each([
    ['siglip', 'a</s>b<unk></S>'],
    ['gemma', 'a<eos>b<start_of_turn><pad>c'],
    ['xlmr', 'a</s>b<mask><s> </s>'],
    ['t5', 'a</s>b<pad></s>'],
    ['bert-zh', 'a[SEP]b[PAD][MASK]'],
    ['mbert', '[SEP] [CLS][SEP]'],
  ] as const)('never spells the markers of %s, unless strict', async (name, text) => {
    const tokenize = await openTokenizer(name);
    const bare = await openTokenizer(name, { prefix: [], suffix: [] });
    const markers = [
      '</s>',
      '<s>',
      '<pad>',
      '<mask>',
      '<eos>',
      '<start_of_turn>',
      '[SEP]',
      '[CLS]',
      '[PAD]',
      '[MASK]',
    ];
    expect(bare(text).pieces.filter((piece) => markers.includes(piece))).toEqual([]);
    expect(bare(text, { strict: true }).pieces.filter((piece) => markers.includes(piece))).not.toEqual([]);
    expect(tokenize(text).ids.length).toBeGreaterThan(3);
  });

  it('is made lower case for SigLIP 2, unless strict as AutoTokenizer', async () => {
    const tokenize = await openTokenizer('gemma');
    expect(tokenize('A DOG').ids).toEqual(tokenize('a dog').ids);
    expect(tokenize('A DOG', { strict: true }).ids).not.toEqual(tokenize('a dog', { strict: true }).ids);
  });

  it('that is no text is refused', async () => {
    const tokenize = await openTokenizer('xlmr');
    expect(() => tokenize('a \ud83d b')).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
  });
});

describe('the window', () => {
  it.each([
    ['siglip', 'a photo of a dog '.repeat(20)],
    ['xlmr', 'a photo of a dog '.repeat(20)],
    ['bert-zh', '犬と猫'.repeat(20)],
    ['gemma', '馬に乗った宇宙飛行士'.repeat(20)],
  ] as const)('of %s keeps its markers when a text is cut', async (name, text) => {
    const whole = (await openTokenizer(name))(text).ids;
    const tokenize = await openTokenizer(name, {}, {}, 16);
    expect(() => tokenize(text)).toThrow(
      expect.objectContaining({
        code: 'TEXT_TOO_LONG',
        message: expect.stringMatching(new RegExp(`has (at least )?${whole.length} tokens .* reads 16`)),
      }),
    );
    const { ids, isTruncated } = tokenize(text, { truncate: true });
    expect(isTruncated).toBe(true);
    expect(ids).toEqual([...whole.slice(0, 15), whole.at(-1)]);
  });

  it("puts open_clip's 0 in the place of [SEP] for CLIPA", async () => {
    const tokenize = await openTokenizer('bert-zh', { stripSeparator: true });
    const [ids, plain] = [tokenize('a dog').ids, (await openTokenizer('bert-zh'))('a dog').ids];
    expect(ids).toEqual([...plain.slice(0, -1), 0]);
  });

  it('takes the markers of the family in place of those of the files', async () => {
    const tokenize = await openTokenizer('bert-zh', { suffix: [] });
    expect(tokenize('a').pieces).toEqual(['[CLS]', 'a']);
  });
});

/** Ids by transformers 5.24.0. */
const JAPANESE: readonly (readonly [TokenizerName, readonly (readonly number[])[]])[] = [
  [
    'siglip',
    [
      [6, 2, 1],
      [6, 2, 1],
      [6, 2, 1],
    ],
  ],
  [
    'gemma',
    [
      [1243, 1],
      [1091, 1],
      [
        255, 188, 194, 1087, 250, 207, 173, 1319, 920, 251, 196, 157, 251, 196, 175, 255, 185, 177, 254, 183,
        162, 1373, 1,
      ],
    ],
  ],
  [
    'xlmr',
    [
      [0, 4, 555, 2],
      [0, 4, 479, 2],
      [0, 4, 3, 236, 3, 529, 376, 3, 568, 2],
    ],
  ],
  [
    'mbert',
    [
      [6, 496, 7],
      [6, 498, 7],
      [6, 5, 305, 5, 300, 781, 5, 5, 5, 5, 412, 7],
    ],
  ],
  [
    'bert-zh',
    [
      [6, 442, 7],
      [6, 444, 7],
      [6, 5, 258, 5, 254, 629, 5, 5, 5, 5, 358, 7],
    ],
  ],
  [
    'xlmr-fairseq',
    [
      [0, 26, 2],
      [0, 21, 2],
      [0, 8, 2],
    ],
  ],
];

describe('the question in Japanese', () => {
  it.each(JAPANESE)('has the tokens of Python in %s', async (name, expected) => {
    const tokenize = await openTokenizer(name);
    expect(['犬', '猫', '馬に乗った宇宙飛行士'].map((text) => tokenize(text).ids)).toEqual(expected);
  });
});

describe('what a tokenizer.json states and is not supported', () => {
  const json = readTokenizer('xlmr');
  const token = { ...json.added_tokens[0], id: 902, content: 'x y' };
  it.each([
    ['a normalizer', { normalizer: { type: 'ByteLevel' } }, /normalizer.*ByteLevel/],
    [
      'one among others',
      { normalizer: { type: 'Sequence', normalizers: [{ type: 'Unheard' }] } },
      /normalizers\.0/,
    ],
    ['a pre-tokenizer', { pre_tokenizer: { type: 'UnicodeScripts' } }, /pre_tokenizer.*UnicodeScripts/],
    ['a post-processor', { post_processor: { type: 'Framing' } }, /post_processor.*Framing/],
    [
      'a text of the second kind',
      {
        post_processor: {
          type: 'TemplateProcessing',
          single: [{ Sequence: { id: 'A', type_id: 1 } }],
          special_tokens: {},
        },
      },
      /post_processor.*type_id/,
    ],
    ['a model', { model: { type: 'WordLevel', vocab: {} } }, /model\.type: "WordLevel"/],
    ['a field of a model', { model: { ...json.model, dropout: 0.1 } }, /dropout/],
    [
      'a token that is a word alone',
      { added_tokens: [{ ...token, single_word: true }] },
      /single_word: true/,
    ],
    ['an id that is another piece', { added_tokens: [{ ...token, id: 5 }] }, /adds "x y" with the id 5/],
    ['texts cut on the left', { truncation: { max_length: 9, direction: 'Left' } }, /truncation\.direction/],
    ['texts filled up on the left', { padding: { direction: 'Left' } }, /padding\.direction/],
    ['a field that nobody knows', { normaliser: null }, /normaliser/],
  ])('is refused by its name: %s', (_, changes, message) => {
    expect(() => readTokenizerJson({ ...json, ...changes }, 'tokenizer.json')).toThrow(
      expect.objectContaining({ code: 'MODEL_UNAVAILABLE', message: expect.stringMatching(message) }),
    );
  });
});
