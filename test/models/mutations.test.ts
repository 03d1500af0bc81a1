import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openFolder } from '../../src/models/layout/folder.js';
import { readPickle } from '../../src/models/checkpoint/pickle.js';
import { readPytorch } from '../../src/models/checkpoint/pytorch.js';
import { manifestSchema } from '../../src/models/manifest.js';
import { Model } from '../../src/models/index.js';
import { mutate, randomOf } from '../fuzz/random.js';
import { goldenPath } from '../golden-data.js';

const TINY_CLIP = path.join(__dirname, '..', 'goldens', 'tiny-clip');
const STARTER = path.join(__dirname, '..', '..', 'models', 'starter');

/** Either it can be read, or it is refused with a code. */
async function isReadOrRefused(read: () => unknown): Promise<'read' | 'refused'> {
  try {
    await read();
    return 'read';
  } catch (error) {
    if ((error as { code?: string }).code !== 'MODEL_UNAVAILABLE') throw error;
    return 'refused';
  }
}

describe('a file with some bytes changed is read or refused, never more', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-mutations-'));
  const config = readFileSync(path.join(TINY_CLIP, 'config.json'));
  const safetensors = readFileSync(path.join(TINY_CLIP, 'model.safetensors'));
  const pytorch = readFileSync(goldenPath('layouts', 'tiny-clip.bin'));
  const vocabulary = readFileSync(path.join(STARTER, 'vocab.json'));
  const starter = manifestSchema.parse(
    JSON.parse(readFileSync(path.join(STARTER, 'clipgraph.json'), 'utf8')),
  );
  const tokenizer = mkdtempSync(path.join(tmpdir(), 'clipgraph-mutations-'));
  cpSync(path.join(STARTER, 'merges.txt'), path.join(tokenizer, 'merges.txt'));
  const header = 8 + Number(safetensors.readBigUInt64LE());

  beforeEach(() => {
    for (const name of ['vocab.json', 'merges.txt'])
      cpSync(path.join(STARTER, name), path.join(folder, name));
    writeFileSync(path.join(folder, 'config.json'), config);
    writeFileSync(path.join(folder, 'model.safetensors'), safetensors);
  });
  const open = async (): Promise<void> => {
    const model = await openFolder(folder);
    if (model.manifest.towers.image !== undefined) await model.tower('image');
  };

  it.each([
    [
      'a pickle',
      3000,
      (bytes: Buffer) => readPickle(bytes),
      pytorch.subarray(pytorch.indexOf(Buffer.of(0x80, 2))),
    ],
    [
      'a PyTorch archive',
      200,
      (bytes: Buffer) => {
        writeFileSync(path.join(folder, 'pytorch_model.bin'), bytes);
        return readPytorch(folder, 'pytorch_model.bin');
      },
      pytorch,
    ],
    [
      'a safetensors header',
      400,
      (bytes: Buffer) => {
        writeFileSync(path.join(folder, 'model.safetensors'), bytes);
        return open();
      },
      safetensors,
    ],
    [
      'a vocab.json',
      40,
      (bytes: Buffer) => {
        writeFileSync(path.join(tokenizer, 'vocab.json'), bytes);
        return new Model(tokenizer, starter).tokenizer();
      },
      vocabulary,
    ],
    [
      'a config.json',
      400,
      (bytes: Buffer) => {
        writeFileSync(path.join(folder, 'config.json'), bytes);
        return open();
      },
      config,
    ],
  ] as const)('%s', async (name, times, read, bytes) => {
    const random = randomOf(7);
    const ends = {
      'a pickle': [0, 4000],
      'a PyTorch archive': [bytes.length - 8000, bytes.length],
      'a safetensors header': [0, header],
      'a vocab.json': [0, vocabulary.length],
      'a config.json': [0, config.length],
    };
    const [from, to] = ends[name];
    const outcomes = [];
    for (let i = 0; i < times; i++) {
      const changed = mutate(bytes, random, from, to);
      outcomes.push(await isReadOrRefused(() => read(changed)));
    }
    expect(new Set(outcomes)).toContain('refused');
  });
});
