import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
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

  it('that was killed leaves nothing for long; what another one writes now stays', async () => {
    const folder = path.join(cache, 'clipgraph', 'converted');
    const partial = (digit: string): string =>
      path.join(folder, `${'a'.repeat(32)}.partial-${digit.repeat(8)}-1111-4111-8111-111111111111`);
    const [killed, running] = [partial('1'), partial('2')];
    const other = path.join(folder, 'notes');
    const longAgo = new Date(Date.now() - 3_600_000);
    for (const each of [killed, running, other]) {
      mkdirSync(each, { recursive: true });
      writeFileSync(path.join(each, 'model.safetensors'), '');
      // Of the running one, the file is still written.
      if (each !== running) utimesSync(path.join(each, 'model.safetensors'), longAgo, longAgo);
      utimesSync(each, longAgo, longAgo);
    }
    const model = tinyClip();
    const converted = await openModel(model, { dtype: 'q8' });
    expect([killed, running, other, converted.folder].map((each) => existsSync(each))).toEqual([
      false,
      true,
      true,
      true,
    ]);
    mkdirSync(killed);
    utimesSync(killed, longAgo, longAgo);
    await openModel(model, { dtype: 'q8' }); // Made before: nothing is converted.
    expect(existsSync(killed)).toBe(false);
  });

  it('that cannot be kept says so, and what to set', async () => {
    writeFileSync(path.join(cache, 'clipgraph'), 'a file in its place');
    await expect(openModel(tinyClip(), { dtype: 'fp16' })).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: expect.stringMatching(/cannot be written: .*XDG_CACHE_HOME/),
    });
  });
});
