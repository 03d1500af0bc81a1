import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openWords } from '../../../src/models/layout/words/open-words.js';
import { readWords } from '../../../src/models/layout/words/read-words.js';
import { wordsSchema } from '../../../src/models/words.js';
import { damage, mutate, randomOf, type Random } from '../../fuzz/random.js';
import { copyOf, type TokenizerName } from './goldens.js';

const IS_FULL = process.env.CLIPGRAPH_FULL !== undefined;

/** What a tokenizer that could be opened is asked, so that damage behind its start is met, too. */
const TEXTS = [
  'A photo of ＡＢＣ e\u0301 犬と猫 <h1> </s> ﬁ½',
  '\u00e9\u0300'.repeat(40),
  '',
  'a'.repeat(300),
];

async function openAndAsk(folder: string): Promise<void> {
  const { tokenizer, words } = await readWords(folder, '');
  const tokenize = await openWords(folder, tokenizer, wordsSchema.parse(words), 64);
  for (const text of TEXTS) {
    const { ids } = tokenize(text, { truncate: true });
    expect(ids.length).toBeLessThanOrEqual(64);
    expect(ids.every((id) => Number.isInteger(id) && id >= 0)).toBe(true);
  }
}

/** A file changed: bytes anywhere, and as often those of its beginning, where it says what it is. */
function changed(bytes: Buffer, random: Random): Buffer {
  if (random.chance(0.3)) return damage(bytes, random);
  return mutate(bytes, random, 0, random.chance(0.5) ? Math.min(2500, bytes.length) : bytes.length);
}

/** One value of the file's JSON, in place of another. */
function otherValue(bytes: Buffer, random: Random): Buffer {
  const text = String(bytes);
  const values = [...text.matchAll(/:\s*("[^"]{0,40}"|-?[\d.]+|true|false|null|\{|\[)/g)];
  const { index, 0: found } = random.pick(values.slice(0, 400));
  const other = random.pick([
    'null',
    'true',
    '-1',
    '1e99',
    '2097152',
    '"x"',
    '[]',
    '{}',
    '0.5',
    '"NFC"',
    '[[]]',
  ]);
  return Buffer.from(`${text.slice(0, index)}: ${other}${text.slice(index + found.length)}`);
}

/** Files that a folder may have beside those of the reference data. */
const SETTINGS: Readonly<Record<string, string>> = {
  'special_tokens_map.json': JSON.stringify({
    ...{ unk_token: '[UNK]', sep_token: { content: '[SEP]', lstrip: false }, pad_token: '[PAD]' },
    ...{ cls_token: '[CLS]', mask_token: '[MASK]' },
  }),
  'added_tokens.json': JSON.stringify({ '[MASK]': 8, '[PAD]': 0, '[CLS]': 6 }),
  'sentence_bert_config.json': JSON.stringify({ max_seq_length: 128, do_lower_case: false }),
};

describe('damaged files of a tokenizer', () => {
  it.each([
    ['xlmr', 'tokenizer.json'],
    ['t5', 'tokenizer.json'],
    ['gemma', 'tokenizer.json'],
    ['mbert', 'tokenizer.json'],
    ['siglip', 'spiece.model'],
    ['bert-zh', 'vocab.txt'],
    ['gemma', 'tokenizer_config.json'],
    ['siglip', 'tokenizer_config.json'],
    ['xlmr-fairseq', 'sentencepiece.bpe.model'],
    ['mbert', 'special_tokens_map.json'],
    ['mbert', 'added_tokens.json'],
    ['mbert', 'sentence_bert_config.json'],
  ] as const)(
    '%s: a changed %s is read, or refused with the name of a file',
    async (name: TokenizerName, file) => {
      const folder = copyOf(name);
      const target = path.join(folder, file);
      if (file in SETTINGS) writeFileSync(target, SETTINGS[file]);
      const bytes = readFileSync(target);
      const random = randomOf(11, bytes.length);
      const outcomes = { read: 0, refused: 0 };
      for (let i = 0; i < (IS_FULL ? 4000 : 120); i++) {
        const isJson = file.endsWith('.json') && random.chance(0.5);
        writeFileSync(target, isJson ? otherValue(bytes, random) : changed(bytes, random));
        try {
          await openAndAsk(folder);
          outcomes.read++;
        } catch (error) {
          expect(error).toMatchObject({
            code: 'MODEL_UNAVAILABLE',
            message: expect.stringMatching(
              /The model's ((tokenizer(_config)?|special_tokens_map|added_tokens|sentence_bert_config)\.json|vocab\.txt|spiece\.model|sentencepiece\.bpe\.model) /,
            ),
          });
          expect(String(error)).not.toContain(folder);
          outcomes.refused++;
        }
      }
      // A vocabulary of other pieces is one, too.
      expect(outcomes.refused + (file === 'vocab.txt' ? 1 : 0)).toBeGreaterThan(0);
      expect(outcomes.read).toBeGreaterThan(0);
    },
    600_000,
  );

  it.each([
    ['a trie that leads beyond its end', (map: Buffer) => map.fill(0xff, 4, 4000)],
    ['a trie longer than the map', (map: Buffer) => map.writeUInt32LE(0xfffffff0)],
    ['texts without an end', (map: Buffer) => map.fill(0x61, map.readUInt32LE() + 4)],
    ['nothing', (map: Buffer) => map.subarray(0, 3)],
  ])('a map of characters with %s is refused or does no harm', async (_, spoil) => {
    const folder = copyOf('xlmr');
    const target = path.join(folder, 'tokenizer.json');
    const json = JSON.parse(readFileSync(target, 'utf8'));
    const map = Buffer.from(json.normalizer.precompiled_charsmap, 'base64');
    const spoiled = spoil(map);
    const bytes = Buffer.isBuffer(spoiled) ? spoiled : map;
    writeFileSync(
      target,
      JSON.stringify({
        ...json,
        normalizer: { type: 'Precompiled', precompiled_charsmap: bytes.toString('base64') },
      }),
    );
    await openAndAsk(folder).catch((error: unknown) =>
      expect(error).toMatchObject({
        code: 'MODEL_UNAVAILABLE',
        message: expect.stringMatching(/tokenizer\.json/),
      }),
    );
  });

  it('read no file that another one names', async () => {
    const folder = copyOf('bert-zh');
    const config = path.join(folder, 'tokenizer_config.json');
    const other = path.join(folder, '..', 'clipgraph-nobody-reads-this.txt');
    writeFileSync(other, 'no vocabulary');
    const stated = JSON.parse(readFileSync(config, 'utf8')) as object;
    const named = Object.fromEntries(
      ['vocab_file', 'tokenizer_file', 'merges_file', 'name_or_path', 'added_tokens_file'].map((key) => [
        key,
        other,
      ]),
    );
    writeFileSync(config, JSON.stringify({ ...stated, ...named }));
    const { tokenizer } = await readWords(folder, '');
    expect(tokenizer).toEqual({ wordPiece: 'vocab.txt' });
    await openAndAsk(folder);
  });
});
