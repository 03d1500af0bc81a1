import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { FamilyWords } from '../../../src/encoders/index.js';
import { describeTokenizer } from '../../../src/models/layout/words/describe-tokenizer.js';
import { manifestSchema } from '../../../src/models/manifest.js';
import { Model } from '../../../src/models/model.js';
import { copyOf, type TokenizerName } from './goldens.js';

interface Described {
  readonly contextLength: number;
  readonly words?: FamilyWords;
  readonly padding?: { readonly id?: number; readonly to?: 'longest' | 'context' };
}

const IN_FULL = { to: 'context' } as const;

/** What each family says itself, over the files of its tokenizer. */
const FAMILIES: Readonly<Record<string, readonly [TokenizerName, Described]>> = {
  siglip: ['siglip', { contextLength: 64, words: {}, padding: IN_FULL }],
  siglip2: ['gemma', { contextLength: 64, words: { lowerCase: 'always' }, padding: IN_FULL }],
  'openclip-siglip': ['t5', { contextLength: 64, words: { cleaning: 'canonicalize' }, padding: IN_FULL }],
  'chinese-clip': ['bert-zh', { contextLength: 52, words: {} }],
  'st-multilingual': ['mbert', { contextLength: 512, words: {} }],
  'openclip-xlmr': ['xlmr', { contextLength: 77, words: { cleaning: 'whitespace' }, padding: IN_FULL }],
  'openclip-clipa': [
    'bert-zh',
    { contextLength: 32, words: { cleaning: 'whitespace', stripSeparator: true }, padding: IN_FULL },
  ],
  // Of CLIP's family, with XLM-R's words: the files say so.
  metaclip2: ['xlmr', { contextLength: 77 }],
};

const LAYOUT = { name: 'transformers', tokenizers: [''] } as const;

/** A model of these files that has a text tower. */
async function modelOf(folder: string, described: Described): Promise<Model> {
  const tokenizer = await describeTokenizer(folder, LAYOUT, described);
  writeFileSync(path.join(folder, 'text_model.onnx'), 'not read');
  const manifest = manifestSchema.parse({
    ...{ id: 'm', description: 'A model.', dimensions: 8, imageSize: 32 },
    towers: { text: { input: 'input_ids', output: 'text_embeds', graph: 'text_model.onnx' } },
    ...tokenizer,
  });
  return new Model(folder, manifest);
}

interface Row {
  readonly family: string;
  readonly text: string;
  /** How many ids there were; the last one of those that are kept goes on to the end. */
  readonly length: number;
  readonly ids: readonly number[];
}

/** The ids that each family's reference feeds, filled up as it does: transformers 5.24.0, open_clip 3.3.0. */
const ROWS = readFileSync(path.join(__dirname, '..', '..', 'goldens', 'words', 'families.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Row);

function filledTo(ids: readonly number[], length: number, id: number): number[] {
  return [...ids, ...Array.from({ length: Math.max(0, length - ids.length) }, () => id)];
}

describe('the texts of the reference through a model’s own files', () => {
  it.each(Object.entries(FAMILIES))('have the ids of %s', async (family, [files, described]) => {
    const folder = copyOf(files);
    if (family === 'st-multilingual')
      writeFileSync(
        path.join(folder, 'sentence_bert_config.json'),
        '{"max_seq_length": 128, "do_lower_case": false}',
      );
    const model = await modelOf(folder, described);
    const { padding, contextLength } = model.manifest;
    const tokenize = await model.tokenizer();
    const rows = ROWS.filter((row) => row.family === family);
    const wrong = rows.filter(({ text, ids, length }) => {
      const own = tokenize(text, { strict: true, truncate: true }).ids;
      const filled = filledTo(own, padding.to === 'context' ? contextLength : 0, padding.id);
      return JSON.stringify(filled) !== JSON.stringify(filledTo(ids, length, ids[ids.length - 1]));
    });
    expect(wrong).toEqual([]);
    expect(rows.length).toBe(20);
  });
});

describe('the files of a tokenizer', () => {
  it('are all part of the checksum, and what they state too', async () => {
    const [folder, other] = [copyOf('bert-zh'), copyOf('bert-zh')];
    const config = path.join(other, 'tokenizer_config.json');
    const first = await (await modelOf(folder, FAMILIES['chinese-clip'][1])).checksum();
    const same = await (await modelOf(other, FAMILIES['chinese-clip'][1])).checksum();
    expect(same).toBe(first);
    writeFileSync(
      config,
      readFileSync(config, 'utf8').replace('"do_lower_case": true', '"do_lower_case": false'),
    );
    expect(await (await modelOf(other, FAMILIES['chinese-clip'][1])).checksum()).not.toBe(first);
    const vocab = path.join(folder, 'vocab.txt');
    writeFileSync(vocab, `${readFileSync(vocab, 'utf8').trimEnd()}\nclipgraph\n`);
    const changed = await modelOf(folder, FAMILIES['chinese-clip'][1]);
    expect(await changed.checksum()).not.toBe(first);
    expect(await changed.files()).toEqual(['text_model.onnx', 'vocab.txt']);
  });

  it('may lie in a folder of their own', async () => {
    const folder = copyOf('mbert');
    mkdirSync(path.join(folder, '0_Transformer'));
    for (const file of ['tokenizer.json', 'tokenizer_config.json'])
      renameSync(path.join(folder, file), path.join(folder, '0_Transformer', file));
    const layout = { name: 'sentence-transformers', tokenizers: ['0_Transformer', ''] } as const;
    expect(await describeTokenizer(folder, layout, { contextLength: 128, words: {} })).toMatchObject({
      tokenizer: { json: '0_Transformer/tokenizer.json' },
      contextLength: 128,
      padding: { id: 0 },
    });
  });

  it('are read as the class of the family says where no file says one', async () => {
    const folder = copyOf('siglip');
    rmSync(path.join(folder, 'tokenizer_config.json'));
    const words = { tokenizerClass: 'SiglipTokenizer' } as const;
    expect(await describeTokenizer(folder, LAYOUT, { contextLength: 64, words })).toMatchObject({
      tokenizer: { sentencePiece: 'spiece.model' },
      words: { lowerCase: 'always', suffix: ['</s>'], sentencePiece: { canonical: true } },
      padding: { id: 1 },
    });
  });

  it('say their markers in special_tokens_map.json where tokenizer_config.json lists no tokens', async () => {
    const folder = copyOf('bert-zh');
    writeFileSync(
      path.join(folder, 'special_tokens_map.json'),
      '{"pad_token": "[MASK]", "cls_token": {"content": "[SEP]"}}',
    );
    expect(await describeTokenizer(folder, LAYOUT, { contextLength: 52, words: {} })).toMatchObject({
      words: { prefix: ['[SEP]'] },
      padding: { id: 8 },
    });
  });

  it.each([
    ['no file at all', ['vocab.txt', 'tokenizer_config.json'], {}, /no tokenizer: neither .*vocab\.txt/],
    ['not the one of its class', ['vocab.txt'], { 'tokenizer.json': '{' }, /tokenizer\.json/],
    [
      'added tokens that are no pieces',
      [],
      { 'added_tokens.json': '{"<new>": 5000}' },
      /vocab\.txt has the token "<new>" added/,
    ],
    [
      'lower case of sentence-transformers',
      [],
      { 'sentence_bert_config.json': '{"do_lower_case": true}' },
      /do_lower_case/,
    ],
  ])('are refused with what is wrong: %s', async (_, without, files, message) => {
    const folder = copyOf('bert-zh');
    for (const file of without) rmSync(path.join(folder, file));
    for (const [file, text] of Object.entries(files)) writeFileSync(path.join(folder, file), text);
    await expect(describeTokenizer(folder, LAYOUT, { contextLength: 52, words: {} })).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: expect.stringMatching(message),
    });
  });
});
