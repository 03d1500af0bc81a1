import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClipgraph } from '../../../src/index.js';
import { describeTokenizer } from '../../../src/models/layout/words/describe-tokenizer.js';
import { runServer } from '../../running-server.js';
import { folderOf, type TokenizerName } from './goldens.js';

const ROOT = path.join(__dirname, '..', '..', '..');
const STARTER = path.join(ROOT, 'models', 'starter');
const MAIN = path.join(ROOT, 'dist', 'src', 'cli', 'main.js');
const TEXT = '馬に乗った宇宙飛行士, A dog';

/** The starter's graphs with another tokenizer: what is asked here runs neither. */
async function modelWith(name: TokenizerName): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-asked-'));
  cpSync(folderOf(name), folder, { recursive: true });
  for (const graph of ['text_model.onnx', 'vision_model.onnx'])
    symlinkSync(path.join(STARTER, graph), path.join(folder, graph));
  const layout = { name: 'transformers', tokenizers: [''] } as const;
  const stated = await describeTokenizer(folder, layout, { contextLength: 48, words: {} });
  const starter = JSON.parse(readFileSync(path.join(STARTER, 'clipgraph.json'), 'utf8')) as object;
  writeFileSync(path.join(folder, 'clipgraph.json'), JSON.stringify({ ...starter, id: name, ...stated }));
  return folder;
}

/** Ids by transformers 5.24.0; what `models info` says. */
const ASKED: readonly (readonly [TokenizerName, readonly number[], string])[] = [
  [
    'bert-zh',
    [6, 5, 258, 5, 254, 629, 5, 5, 5, 5, 358, 11, 25, 958, 585, 7],
    "BERT's WordPiece (vocab.txt); lower case; [CLS] before; [SEP] behind; filled up to the longest of a batch with 0",
  ],
  [
    'xlmr',
    [0, 4, 3, 236, 3, 529, 376, 3, 568, 19, 4, 684, 338, 2],
    'the pipeline that the file states (tokenizer.json); filled up to the longest of a batch with 1',
  ],
  [
    'siglip',
    [6, 2, 3, 95, 1],
    "SigLIP's sentencepiece (spiece.model); lower case; </s> behind; filled up to the longest of a batch with 1",
  ],
  [
    'gemma',
    [
      255, 188, 194, 1087, 250, 207, 173, 1319, 920, 251, 196, 157, 251, 196, 175, 255, 185, 177, 254, 183,
      162, 1373, 822, 283, 365, 794, 1,
    ],
    'the pipeline that the file states (tokenizer.json); lower case unless strict; nothing before; <eos> behind; filled up to the longest of a batch with 0',
  ],
  [
    'xlmr-fairseq',
    [0, 8, 31, 129, 22, 2],
    "XLM-R's sentencepiece (sentencepiece.bpe.model); filled up to the longest of a batch with 1",
  ],
];

describe.each(ASKED)('a model with the tokenizer %s', (name, ids, summary) => {
  let folder: string;
  beforeAll(async () => {
    folder = await modelWith(name);
  });

  it('says the same tokens over GraphQL and in the library', async () => {
    const clipgraph = await createClipgraph({ model: folder, runtime: 'cpu' });
    const server = await runServer({ model: folder, runtime: 'cpu' });
    try {
      expect((await clipgraph.tokenize(TEXT)).ids).toEqual(ids);
      const { data } = await server.post(
        'query ($text: String!) { tokenize(text: $text) { ids count contextLength } }',
        {
          text: TEXT,
        },
      );
      expect(data).toEqual({ tokenize: { ids, count: ids.length, contextLength: 48 } });
    } finally {
      await server.close();
      await clipgraph.close();
    }
  });

  it('is told on the command line', () => {
    const run = (...args: string[]) =>
      execFileSync(process.execPath, [MAIN, ...args], { cwd: ROOT, encoding: 'utf8' });
    expect(JSON.parse(run('tokenize', TEXT, '--model', folder, '--json'))).toMatchObject({ ids });
    expect(run('models', 'info', folder)).toContain(`texts: ${summary}\n`);
  });
});
