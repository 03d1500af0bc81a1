import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ModelCatalog } from '../../src/models/index.js';
import { EmbedDocument } from '../generated/client.js';
import { goldenPath } from '../golden-data.js';
import { runServer } from '../running-server.js';

const STARTER = path.join(__dirname, '..', '..', 'models', 'starter');

function copyOfStarter(): string {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'clipgraph-')), 'copy');
  cpSync(STARTER, folder, { recursive: true });
  return folder;
}

function changeManifest(folder: string, change: object): void {
  const file = path.join(folder, 'clipgraph.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...manifest, ...change }));
}

describe('a model in a folder', () => {
  it('opens only the tower that is asked for', async () => {
    const folder = copyOfStarter();
    changeManifest(folder, { id: 'copy' });
    writeFileSync(path.join(folder, 'vision_model.onnx'), 'no graph');
    const server = await runServer({ models: [folder] });
    try {
      const text = await server.ask(EmbedDocument, { input: { text: 'a dog' }, options: { model: 'copy' } });
      expect(text.data!.embed.model.id).toBe('copy');
      const image = await server.ask(EmbedDocument, {
        input: { image: { example: 'dog' } },
        options: { model: 'copy' },
      });
      expect(image.status).toBe(503);
      expect(image.errors![0]).toMatchObject({
        message: expect.stringMatching(/^The image tower of copy cannot be opened: its graph is damaged/),
        extensions: { code: 'MODEL_UNAVAILABLE' },
      });
      expect(image.errors![0].message).not.toContain(folder);
    } finally {
      await server.close();
    }
  });

  it('has another checksum when its files differ', async () => {
    const folder = copyOfStarter();
    const sumOf = async (name: string) => (await ModelCatalog.open([name])).default.checksum();
    const before = await sumOf(folder);
    expect(before).toBe(await sumOf('starter'));
    writeFileSync(path.join(folder, 'merges.txt'), '#version\n');
    expect(await sumOf(folder)).not.toBe(before);
  });

  it.each([
    [
      'a missing tower file',
      (folder: string) => {
        rmSync(path.join(folder, 'text_model.onnx'));
      },
      /text_model\.onnx is missing/,
    ],
    [
      'a tower name that the graph lacks',
      (folder: string) => {
        changeManifest(folder, {
          towers: { text: { graph: 'text_model.onnx', input: 'tokens', output: 'text_embeds' } },
        });
      },
      /no input named tokens; it has input_ids/,
    ],
  ])('is refused for %s', async (_, damage, message) => {
    const folder = copyOfStarter();
    changeManifest(folder, { id: 'damaged' });
    damage(folder);
    const server = await runServer({ models: [folder] });
    try {
      const { errors } = await server.ask(EmbedDocument, {
        input: { text: 'a dog' },
        options: { model: 'damaged' },
      });
      expect(errors![0]).toMatchObject({
        message: expect.stringMatching(message),
        extensions: { code: 'MODEL_UNAVAILABLE' },
      });
    } finally {
      await server.close();
    }
  });

  it.each([
    ['no such folder', './nowhere', 'MODEL_NOT_FOUND', /neither "starter", nor a folder/],
    [
      'an empty folder',
      mkdtempSync(path.join(tmpdir(), 'clipgraph-')),
      'MODEL_UNAVAILABLE',
      /holds no model.*config\.json/,
    ],
  ])('is refused: %s', async (_, folder, code, message) => {
    await expect(ModelCatalog.open([folder])).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it.each([
    [
      'a file outside the folder',
      { tokenizer: { vocabulary: '../vocab.json', merges: 'merges.txt' } },
      /must lie inside/,
    ],
    ['an unknown key', { logitscale: 3 }, /logitscale/],
    ['no id', { id: undefined }, /id/],
  ])('is refused for a manifest with %s', async (_, change, message) => {
    const folder = copyOfStarter();
    changeManifest(folder, change);
    await expect(ModelCatalog.open([folder])).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: expect.stringMatching(message),
    });
  });

  it("is derived from the hub's files where there is no manifest", async () => {
    const folder = path.join(mkdtempSync(path.join(tmpdir(), 'clipgraph-')), 'tiny');
    mkdirSync(path.join(folder, 'onnx'), { recursive: true });
    for (const file of ['config.json', 'preprocessor_config.json', path.join('onnx', 'vision_model.onnx')]) {
      cpSync(goldenPath('tiny-clip', file), path.join(folder, file));
    }
    const { manifest } = (await ModelCatalog.open([folder])).default;
    expect(manifest).toMatchObject({ id: 'tiny', dimensions: 48, contextLength: 77, imageSize: 64 });
    expect(manifest.towers.text).toBeUndefined();
    // The configuration's initial value is where training began, not what it came to.
    expect(manifest.logitScale).toBeUndefined();

    const server = await runServer({ models: [folder] });
    try {
      const { errors } = await server.ask(EmbedDocument, {
        input: { text: 'a' },
        options: { model: 'tiny' },
      });
      expect(errors![0].extensions.code).toBe('MODALITY_NOT_SUPPORTED');
      const { data } = await server.ask(EmbedDocument, {
        input: { image: { example: 'dog' } },
        options: { model: 'tiny' },
      });
      expect(data!.embed.dimensions).toBe(48);
    } finally {
      await server.close();
    }
  });
});
