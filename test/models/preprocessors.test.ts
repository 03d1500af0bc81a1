import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { clipPlan, cropsToTensor, type PixelPlan } from '../../src/core/image/index.js';
import { createClipgraph } from '../../src/index.js';
import { prepareImage } from '../../src/media/prepare.js';
import { sniffFormat } from '../../src/media/sniff.js';
import { ModelCatalog } from '../../src/models/index.js';
import { goldenPath, readGoldenJson } from '../golden-data.js';
import { largestDifference } from '../vectors.js';

type Files = Readonly<Record<string, object>>;

const CLIP = {
  do_center_crop: true,
  do_convert_rgb: true,
  do_normalize: true,
  do_rescale: true,
  do_resize: true,
  crop_size: { height: 64, width: 64 },
  image_processor_type: 'CLIPImageProcessor',
  resample: 3,
  rescale_factor: 1 / 255,
  size: { shortest_edge: 64 },
};

/** An image tower for pictures of 64 × 64 pixels, or whatever its configuration claims, with files laid over it. */
function folderWith(
  files: Files,
  { imageSize = 64, without = [] as readonly string[], openClip = undefined as object | undefined } = {},
) {
  const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-preprocessor-'));
  const base = goldenPath('preprocessors', 'base');
  for (const name of ['model.safetensors', 'preprocessor_config.json']) {
    if (!without.includes(name)) cpSync(path.join(base, name), path.join(folder, name));
  }
  const config = JSON.parse(readFileSync(path.join(base, 'config.json'), 'utf8')) as {
    vision_config: object;
  };
  const vision_config = { ...config.vision_config, image_size: imageSize };
  const [name, value] =
    openClip === undefined
      ? ['config.json', { ...config, vision_config }]
      : ['open_clip_config.json', openClip];
  writeFileSync(path.join(folder, name), JSON.stringify(value));
  for (const [file, fields] of Object.entries(files))
    writeFileSync(path.join(folder, file), JSON.stringify(fields));
  return folder;
}

async function planOf(folder: string): Promise<PixelPlan> {
  return (await ModelCatalog.open([folder])).default.pixelPlan;
}

const planFor = (fields: object): Promise<PixelPlan> =>
  planOf(folderWith({ 'preprocessor_config.json': fields }));

describe("a preprocessor's file", () => {
  const cases = readGoldenJson<
    { name: string; files: Files; imageSize: number; tensors: Record<string, string> }[]
  >('preprocess', 'preprocessors.json');

  it.each(cases.map((one) => [one.name, one] as const))(
    '(%s) gives the tensors that transformers makes, to the bit',
    async (_, { files, imageSize, tensors }) => {
      const folder = folderWith(files, { imageSize, without: ['preprocessor_config.json'] });
      const plan = await planOf(folder);
      for (const [name, sum] of Object.entries(tensors)) {
        const bytes = readFileSync(goldenPath('preprocess', 'images', name));
        const { crop } = await prepareImage({
          bytes,
          format: sniffFormat(bytes),
          plan,
          pillow: 13,
          strict: true,
          isOriented: false,
          maxPixels: 1e8,
        });
        const tensor = cropsToTensor(crop, 1, plan.crop, plan);
        expect(createHash('sha256').update(new Uint8Array(tensor.buffer)).digest('hex')).toBe(sum);
      }
    },
  );

  it('leaves CLIP to its defaults where there is none', async () => {
    expect(await planOf(folderWith({}, { without: ['preprocessor_config.json'] }))).toEqual(clipPlan(64));
  });

  it.each([
    ['size', { longest_edge: 64 }, 'size: {"longest_edge":64}'],
    ['size', { shortest_edge: 64, longest_edge: 90 }, 'size: {"shortest_edge":64,"longest_edge":90}'],
    ['size', { max_height: 64, max_width: 64 }, 'size: {"max_height":64,"max_width":64}'],
    ['size', { min_pixels: 64, max_pixels: 640 }, 'size: {"min_pixels":64,"max_pixels":640}'],
    ['size', { height: 64, width: 64, depth: 3 }, 'size: {"height":64,"width":64,"depth":3}'],
    ['size', [64], 'size: [64]'],
    ['size', -64, 'size: -64'],
    ['size', 64.5, 'size: 64.5'],
    ['size', '64', 'size: "64"'],
    ['size', null, 'size: null'],
    ['crop_size', 56, 'crop_size: 56'],
    ['crop_size', { height: 64, width: 32 }, 'crop_size: {"height":64,"width":32}'],
    ['crop_size', { shortest_edge: 64 }, 'crop_size: {"shortest_edge":64}'],
    ['crop_size', null, 'crop_size: null'],
    ['do_center_crop', false, 'do_center_crop: false'],
    ['do_center_crop', null, 'do_center_crop: null'],
    ['do_resize', 'no', 'do_resize: "no"'],
    ['do_rescale', 1, 'do_rescale: 1'],
    ['do_pad', true, 'do_pad: true'],
    ['do_flip_channel_order', true, 'do_flip_channel_order: true'],
    ['do_thumbnail', true, 'do_thumbnail: true'],
    ['max_num_patches', 256, 'max_num_patches: 256'],
    ['resample', 6, 'resample: 6'],
    ['resample', -1, 'resample: -1'],
    ['resample', 1.5, 'resample: 1.5'],
    ['resample', 'bicubic', 'resample: "bicubic"'],
    ['resample', null, 'resample: null'],
    ['rescale_factor', null, 'rescale_factor: null'],
    ['rescale_factor', '1/255', 'rescale_factor: "1/255"'],
    ['rescale_offset', 1, 'rescale_offset: 1'],
    ['image_mean', [0.5, 0.5], 'image_mean: [0.5,0.5]'],
    ['image_mean', null, 'image_mean: null'],
    ['image_std', [0.5, 0, 0.5], 'image_std: [0.5,0,0.5]'],
    ['image_std', 1e-60, 'image_std: 1e-60'],
    ['image_processor_type', 'Siglip2ImageProcessor', 'image_processor_type: "Siglip2ImageProcessor"'],
    ['image_processor_type', 'constructor', 'image_processor_type: "constructor"'],
  ])('is refused for %s: %j, by name and value', async (key, value, said) => {
    await expect(planFor({ ...CLIP, [key]: value })).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: expect.stringContaining(`The model's preprocessor_config.json says ${said}, which is not`),
    });
  });

  it('is refused where what it leaves out does not fit the model', async () => {
    const { crop_size, size, ...rest } = CLIP;
    expect([crop_size, size]).toHaveLength(2);
    await expect(planFor({ ...rest, size })).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: expect.stringContaining('crop_size: {"height":224,"width":224}'),
    });
    await expect(planFor({ do_center_crop: false, size: { height: 64, width: 48 } })).rejects.toMatchObject({
      message: expect.stringContaining('size: {"height":64,"width":48}'),
    });
  });

  it.each([['processor_config.json'], ['preprocessor_config.json']])(
    'is refused where %s is no object',
    async (name) => {
      const files = name === 'processor_config.json' ? { [name]: { image_processor: 3 } } : { [name]: [] };
      await expect(planOf(folderWith(files))).rejects.toMatchObject({
        code: 'MODEL_UNAVAILABLE',
        message: expect.stringContaining(name),
      });
    },
  );
});

describe("open_clip's preprocess_cfg", () => {
  const model_cfg = {
    embed_dim: 24,
    vision_cfg: { image_size: 64, layers: 2, width: 32, head_width: 16, patch_size: 16 },
    text_cfg: { width: 32, heads: 2, layers: 2 },
  };
  const planFrom = (preprocess_cfg: object): Promise<PixelPlan> =>
    planOf(
      folderWith(
        { 'preprocessor_config.json': { ...CLIP, resample: 0 } },
        { openClip: { model_cfg, preprocess_cfg } },
      ),
    );

  it.each([
    ['nothing', {}, {}],
    ['nulls', { mean: null, std: null, interpolation: null, resize_mode: null, mode: null }, {}],
    ['bilinear', { interpolation: 'bilinear' }, { filter: 'bilinear' }],
    ['random', { interpolation: 'random' }, {}],
    ['squash', { resize_mode: 'squash' }, { resize: { height: 64, width: 64 } }],
    ['one mean', { mean: 0.5, std: 0.25 }, { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] }],
    ['a size, which the image tower decides', { size: 224, mode: 'RGB', fill_color: 9 }, {}],
  ])('is obeyed: %s', async (_, preprocess, expected) => {
    expect(await planFrom(preprocess)).toEqual({ ...clipPlan(64), convention: 'openai', ...expected });
  });

  it.each([
    ['interpolation', 'lanczos'],
    ['resize_mode', 'longest'],
    ['mode', 'L'],
    ['mean', [1, 2]],
    ['std', [1, 0, 1]],
    ['padding', 3],
  ])('is refused for %s: %j', async (key, value) => {
    await expect(planFrom({ [key]: value })).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: expect.stringContaining(key),
    });
  });
});

describe('a model whose preprocessor differs from CLIP', () => {
  const cases = readGoldenJson<
    { name: string; files: Files; remove: string[]; image: string; vector: number[] }[]
  >('preprocessors', 'cases.json');

  it.each(cases.map((one) => [one.name, one] as const))(
    '(%s) embeds a picture as transformers does',
    async (_, { files, remove, image, vector }) => {
      const model = folderWith(files, { without: remove });
      const clipgraph = await createClipgraph({ model, runtime: 'cpu', preparation: { strict: true } });
      try {
        const picture = { image: { path: goldenPath('real-world', image) } };
        const embedding = await clipgraph.embed(picture);
        expect(largestDifference(embedding.vector, vector)).toBeLessThan(2e-5);
      } finally {
        await clipgraph.close();
      }
    },
  );
});
