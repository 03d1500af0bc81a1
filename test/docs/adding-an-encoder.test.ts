import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { PictureInput } from '../../src/encoders/graph/ends.js';
import type { Checkpoint } from '../../src/encoders/index.js';
import { openCheckpoint } from '../../src/models/checkpoint/weights.js';
import { CLIP_NORMALIZATION } from '../../src/core/image/index.js';

const ROOT = path.join(__dirname, '..', '..');
const TINY_CLIP = path.join(ROOT, 'test', 'goldens', 'tiny-clip');
const EXAMPLE = /```ts\n([\s\S]*?)```/.exec(
  readFileSync(path.join(ROOT, 'docs', 'adding-an-encoder.md'), 'utf8'),
)![1];

type Build = (checkpoint: Checkpoint, picture: PictureInput) => Uint8Array;

describe('the example of docs/adding-an-encoder.md', () => {
  const folder = mkdtempSync(path.join(__dirname, '.example-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('draws a graph over the tensors of a checkpoint', async () => {
    const file = path.join(folder, 'example.ts');
    writeFileSync(file, EXAMPLE.replaceAll("'../src/", "'../../../src/"));
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- written by this test
    const { buildMeanImage } = require(file) as { readonly buildMeanImage: Build };
    const checkpoint = await openCheckpoint(TINY_CLIP, 'model.safetensors');
    const picture = { imageSize: 32, normalization: CLIP_NORMALIZATION };
    const text = Buffer.from(buildMeanImage(checkpoint, picture)).toString('latin1');
    for (const part of ['pixel_values', 'image_embeds', 'ReduceMean', 'visual_projection.weight'])
      expect(text).toContain(part);
  });
});
