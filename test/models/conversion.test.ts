import { cpSync, existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openModel } from '../../src/models/index.js';
import { goldenPath } from '../golden-data.js';

const TINY_CLIP = path.join(__dirname, '..', 'goldens', 'tiny-clip');

function tinyClip(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-conversion-'));
  for (const file of ['config.json', 'preprocessor_config.json'])
    cpSync(path.join(TINY_CLIP, file), path.join(folder, file));
  writeFileSync(path.join(folder, 'pytorch_model.bin'), '');
  cpSync(goldenPath('layouts', 'tiny-clip.bin'), path.join(folder, 'pytorch_model.bin'));
  return folder;
}

describe('a conversion', () => {
  const before = process.env.XDG_CACHE_HOME;
  let cache: string;
  beforeEach(() => {
    cache = mkdtempSync(path.join(tmpdir(), 'clipgraph-cache-'));
    process.env.XDG_CACHE_HOME = cache;
  });
  afterAll(() => {
    if (before === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before;
  });

  it('that several make at once succeeds for all, and is there once', async () => {
    const folder = tinyClip();
    const models = await Promise.all([1, 2, 3].map(() => openModel(folder, { dtype: 'q8' })));
    const sums = await Promise.all(models.map((model) => model.checksum()));
    expect(new Set(sums).size).toBe(1);
    expect(readdirSync(path.join(cache, 'clipgraph', 'converted'))).toHaveLength(1);
    expect(existsSync(path.join(models[0].folder, 'model.safetensors'))).toBe(true);
    expect((await openModel(folder, { dtype: 'q8' })).folder).toBe(models[0].folder);
  });

  it('that cannot be kept says so, and what to set', async () => {
    writeFileSync(path.join(cache, 'clipgraph'), 'a file in its place');
    await expect(openModel(tinyClip(), { dtype: 'fp16' })).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: expect.stringMatching(/cannot be written: .*XDG_CACHE_HOME/),
    });
  });
});
