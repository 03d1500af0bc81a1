import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClipgraph } from '../../src/index.js';
import { openFolder } from '../../src/models/layout/folder.js';
import { goldenPath, readGoldenJson } from '../golden-data.js';
import { largestDifference } from '../vectors.js';
import { clipTokenizerJson, END, PLAIN } from './tokenizer-json.js';

const STARTER = path.join(__dirname, '..', '..', 'models', 'starter');
const read = (file: string): string => readFileSync(path.join(STARTER, file), 'utf8');
type Json = Record<string, unknown>;

const PAD = { id: 0, content: '!', ...PLAIN };
const TOKENIZER = clipTokenizerJson(
  JSON.parse(read('vocab.json')) as Record<string, number>,
  read('merges.txt')
    .split('\n')
    .slice(1)
    .filter(Boolean)
    .map((line) => line.split(' ')),
);
const withModel = (change: object): Json => ({
  ...TOKENIZER,
  model: { ...TOKENIZER.model, ...change },
});

/** Stable Diffusion's text encoder, with its tokenizer in these files. */
function textEncoder(files: Record<string, unknown>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-tokenizer-'));
  cpSync(goldenPath('layouts', 'text-encoder', 'text_encoder'), path.join(folder, 'text_encoder'), {
    recursive: true,
  });
  cpSync(STARTER, path.join(folder, 'tokenizer'), { recursive: true, filter: (file) => file === STARTER });
  for (const [file, value] of Object.entries(files)) {
    writeFileSync(
      path.join(folder, 'tokenizer', file),
      typeof value === 'string' ? value : JSON.stringify(value),
    );
  }
  return folder;
}

const TWO = { 'vocab.json': read('vocab.json'), 'merges.txt': read('merges.txt') };

async function ids(folder: string, ...texts: readonly string[]): Promise<(readonly number[])[]> {
  const tokenize = await (await openFolder(folder)).tokenizer();
  return texts.map((text) => tokenize(text, { strict: true }).ids);
}

describe('the padding token of a tokenizer', () => {
  const json = { ...TOKENIZER, added_tokens: [PAD, ...TOKENIZER.added_tokens] };
  const padding = { direction: 'Right', pad_id: 0, pad_token: '!', strategy: 'BatchLongest' };
  it.each([
    [
      'a tokenizer.json and its tokenizer_config.json',
      { 'tokenizer.json': json, 'tokenizer_config.json': { pad_token: '!' } },
    ],
    ['a tokenizer.json alone', { 'tokenizer.json': { ...json, padding } }],
    ['a special_tokens_map.json', { ...TWO, 'special_tokens_map.json': { pad_token: { content: '!' } } }],
    [
      'a tokenizer_config.json',
      { ...TWO, 'tokenizer_config.json': { pad_token: '!', model_max_length: 1e30 } },
    ],
  ])('is obeyed in %s', async (_, files) => {
    const folder = textEncoder(files);
    const { manifest } = await openFolder(folder);
    expect(manifest).toMatchObject({ padding: { id: 0 }, addedTokens: { '!': 0 }, contextLength: 77 });
    // Where it stands in a text, it is itself. Values: transformers 5.24, CLIPTokenizer.
    expect(await ids(folder, 'hello! dog', 'wow!!', 'a!b', '! !', `${END} x`)).toEqual([
      [49406, 3306, 0, 1929, 49407],
      [49406, 2781, 0, 0, 49407],
      [49406, 320, 0, 321, 49407],
      [49406, 0, 0, 49407],
      [49406, 49407, 343, 49407],
    ]);
    const clipgraph = await createClipgraph({ model: folder, runtime: 'cpu' });
    try {
      const { states } = await clipgraph.tokenEmbeddings('a dog');
      const reference = readGoldenJson<{ states: number[] }>('layouts', 'text-encoder', 'reference.json');
      expect(largestDifference(states, reference.states)).toBeLessThan(2e-5);
    } finally {
      await clipgraph.close();
    }
  });

  it('is the end marker where none is named, and "!" a word', async () => {
    for (const files of [TWO, { 'tokenizer.json': TOKENIZER }]) {
      const folder = textEncoder(files);
      expect((await openFolder(folder)).manifest).toMatchObject({ padding: { id: 49_407 }, addedTokens: {} });
      expect(await ids(folder, 'wow!!', '! !')).toEqual([
        [49406, 2781, 748, 49407],
        [49406, 256, 256, 49407],
      ]);
    }
  });
});

it('a tokenizer.json is read rather than the two files beside it, as transformers does', async () => {
  const { merges } = TOKENIZER.model;
  const folder = textEncoder({ ...TWO, 'tokenizer.json': withModel({ merges: merges.slice(0, 1) }) });
  expect((await openFolder(folder)).manifest.tokenizer).toEqual({ json: 'tokenizer/tokenizer.json' });
  // Of CLIP's merges only "in" is left.
  const [spelled] = await ids(folder, 'dog');
  expect(spelled).toHaveLength(5);
  expect(await ids(textEncoder(TWO), 'dog')).toEqual([[49406, 1929, 49407]]);
  await expect(ids(textEncoder({ ...TWO, 'tokenizer.json': '{}' }), 'dog')).rejects.toMatchObject({
    code: 'MODEL_UNAVAILABLE',
    message: expect.stringContaining('tokenizer.json'),
  });
});

it('a shorter model_max_length is the context length', async () => {
  const folder = textEncoder({ ...TWO, 'tokenizer_config.json': { model_max_length: 16 } });
  expect((await openFolder(folder)).manifest.contextLength).toBe(16);
});

const configured = (config: object) => ({ ...TWO, 'tokenizer_config.json': config });
const piped = (change: object) => ({ 'tokenizer.json': { ...TOKENIZER, ...change } });
describe('a tokenizer is refused by name', () => {
  it.each([
    [
      'another class',
      configured({ tokenizer_class: 'LlamaTokenizer' }),
      /tokenizer_class: "LlamaTokenizer" is not supported/,
    ],
    ['another start', configured({ bos_token: '<s>' }), /bos_token: "<s>"/],
    ['padding on the left', configured({ padding_side: 'left' }), /padding_side: "left"/],
    [
      'a padding token without an id',
      configured({ pad_token: '<pad>' }),
      /no id for the padding token "<pad>"/,
    ],
    [
      'a token of its own',
      configured({ added_tokens_decoder: { 49_408: { content: '<cat>' } } }),
      /adds the token "<cat>"/,
    ],
    [
      'more special tokens',
      { ...TWO, 'special_tokens_map.json': { additional_special_tokens: ['<x>'] } },
      /adds the token "<x>"/,
    ],
    ['an added_tokens.json', { ...TWO, 'added_tokens.json': { '<x>': 49_408 } }, /adds the token "<x>"/],
    [
      'an added token that takes the space',
      piped({ added_tokens: [{ ...PAD, lstrip: true }] }),
      /added_tokens\.0\.lstrip: true/,
    ],
    ['no normalizer', piped({ normalizer: null }), /normalizer: null is not supported/],
    [
      'another normalizer',
      piped({ normalizer: { type: 'BertNormalizer' } }),
      /normalizer\.type: "BertNormalizer"/,
    ],
    [
      'another pre_tokenizer',
      piped({ pre_tokenizer: { type: 'Whitespace' } }),
      /pre_tokenizer\.type: "Whitespace"/,
    ],
    [
      'another post_processor',
      piped({ post_processor: { type: 'BertProcessing' } }),
      /post_processor.*BertProcessing|post_processor/,
    ],
    ['another model', { 'tokenizer.json': withModel({ type: 'WordPiece' }) }, /model\.type: "WordPiece"/],
    ['dropout', { 'tokenizer.json': withModel({ dropout: 0.1 }) }, /model\.dropout: 0\.1/],
    [
      'shorter texts than the model reads',
      piped({ truncation: { max_length: 16, direction: 'Right' } }),
      /cuts texts at 16 tokens/,
    ],
    ['nothing in vocab.json', { ...TWO, 'vocab.json': 'null' }, /vocabulary is no object/],
    ['ids that are strings', { ...TWO, 'vocab.json': '{"a": "1"}' }, /"1" as the id of "a"/],
    ['ids that are huge', { ...TWO, 'vocab.json': '{"a": 1e12}' }, /1000000000000 as the id/],
    ['an id twice', { ...TWO, 'vocab.json': '{"a": 1, "b": 1}' }, /the same id/],
    ['nothing in tokenizer.json', { 'tokenizer.json': 'null' }, /tokenizer\.json/],
    ['merges of numbers', { 'tokenizer.json': withModel({ merges: [1, 2] }) }, /merge 1 is not two tokens/],
    ['merges of one', { ...TWO, 'merges.txt': '#version\na' }, /merge 1 is not two tokens/],
    ['no JSON', { ...TWO, 'vocab.json': '{"a": 1,\n' }, /vocab\.json is not JSON: line 2, column 1/],
  ])('for %s', async (_, files, message) => {
    const folder = textEncoder(files);
    await expect(ids(folder, 'a dog')).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: expect.stringMatching(message),
    });
  });
});
