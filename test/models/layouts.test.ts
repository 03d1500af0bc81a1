import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseConfig } from '../../src/config/index.js';
import { openEmbedder, type Embedder } from '../../src/engine/index.js';
import { createClipgraph, type Content } from '../../src/index.js';
import { DTYPES } from '../../src/models/index.js';
import { goldenPath, readGoldenJson } from '../golden-data.js';
import { readSafetensors, toSafetensors, type Entry } from '../safetensors.js';
import { runServer } from '../running-server.js';
import { largestDifference, unpack } from '../vectors.js';

const STARTER = path.join(__dirname, '..', '..', 'models', 'starter');
const DOG: Content = { image: { example: 'dog' } };
const TINY_CLIP = path.join(__dirname, '..', 'goldens', 'tiny-clip');

function newFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'clipgraph-layout-'));
}

function addTokenizer(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const name of ['vocab.json', 'merges.txt']) cpSync(path.join(STARTER, name), path.join(folder, name));
}

type Options = Parameters<typeof createClipgraph>[0];

async function embed(model: string, content: Content = DOG, options: Options = {}): Promise<Float32Array> {
  const clipgraph = await createClipgraph({ model, runtime: 'cpu', ...options });
  try {
    return (await clipgraph.embed(content, { normalize: false })).vector;
  } finally {
    await clipgraph.close();
  }
}

/** The image tower of tiny CLIP, with its weights as `file`. */
function tinyClip(weights: Record<string, Buffer>, config?: object): string {
  const folder = newFolder();
  addTokenizer(folder);
  for (const name of ['preprocessor_config.json', ...(config === undefined ? ['config.json'] : [])]) {
    cpSync(path.join(TINY_CLIP, name), path.join(folder, name));
  }
  if (config !== undefined) writeFileSync(path.join(folder, 'open_clip_config.json'), JSON.stringify(config));
  for (const [name, bytes] of Object.entries(weights)) writeFileSync(path.join(folder, name), bytes);
  return folder;
}

const SAFETENSORS = readFileSync(path.join(TINY_CLIP, 'model.safetensors'));
const PYTORCH = readFileSync(goldenPath('layouts', 'tiny-clip.bin'));

function transposed({ dtype, shape: [rows, columns], bytes }: Entry): Entry {
  const turned = Buffer.alloc(bytes.length);
  for (let i = 0; i < rows * columns; i++) {
    bytes.copy(turned, 4 * ((i % columns) * rows + Math.floor(i / columns)), 4 * i, 4 * i + 4);
  }
  return { dtype, shape: [columns, rows], bytes: turned };
}

/** The image tower under open_clip's names. */
function openClipTensors(): Map<string, Entry> {
  const given = readSafetensors(SAFETENSORS);
  const get = (name: string): Entry =>
    given.get(name) ?? { dtype: 'F32', shape: [0], bytes: Buffer.alloc(0) };
  const made = new Map<string, Entry>();
  const embeddings = 'vision_model.embeddings';
  made.set('visual.class_embedding', get(`${embeddings}.class_embedding`));
  made.set('visual.positional_embedding', get(`${embeddings}.position_embedding.weight`));
  made.set('visual.conv1.weight', get(`${embeddings}.patch_embedding.weight`));
  made.set('visual.proj', transposed(get('visual_projection.weight')));
  made.set('logit_scale', get('logit_scale'));
  for (const kind of ['weight', 'bias']) {
    made.set(`visual.ln_pre.${kind}`, get(`vision_model.pre_layrnorm.${kind}`));
    made.set(`visual.ln_post.${kind}`, get(`vision_model.post_layernorm.${kind}`));
    for (let i = 0; given.has(`vision_model.encoder.layers.${i}.layer_norm1.weight`); i++) {
      const [source, target] = [`vision_model.encoder.layers.${i}`, `visual.transformer.resblocks.${i}`];
      const parts = ['q', 'k', 'v'].map((part) => get(`${source}.self_attn.${part}_proj.${kind}`));
      const [rows, ...rest] = parts[0].shape;
      const bytes = Buffer.concat(parts.map((part) => part.bytes));
      made.set(`${target}.attn.in_proj_${kind}`, { dtype: 'F32', shape: [3 * rows, ...rest], bytes });
      for (const [a, b] of Object.entries({
        'self_attn.out_proj': 'attn.out_proj',
        layer_norm1: 'ln_1',
        layer_norm2: 'ln_2',
        'mlp.fc1': 'mlp.c_fc',
        'mlp.fc2': 'mlp.c_proj',
      })) {
        made.set(`${target}.${b}.${kind}`, get(`${source}.${a}.${kind}`));
      }
    }
  }
  return made;
}

function openClipConfig(changes: Record<string, unknown> = {}, vision: Record<string, unknown> = {}): object {
  const { vision_config } = JSON.parse(readFileSync(path.join(TINY_CLIP, 'config.json'), 'utf8')) as {
    vision_config: Record<string, number | string>;
  };
  const { image_size, patch_size, hidden_size, num_hidden_layers, num_attention_heads, hidden_act } =
    vision_config;
  return {
    model_cfg: {
      embed_dim: 64,
      quick_gelu: hidden_act === 'quick_gelu',
      vision_cfg: {
        ...{ image_size, patch_size, width: hidden_size, layers: num_hidden_layers },
        head_width: Number(hidden_size) / Number(num_attention_heads),
        ...vision,
      },
      text_cfg: { context_length: 77, vocab_size: 49408, width: 64, heads: 4, layers: 2 },
      ...changes,
    },
  };
}

describe('the same weights in another layout give the same vector', () => {
  let expected: Float32Array;
  beforeAll(async () => {
    expected = await embed(tinyClip({ 'model.safetensors': SAFETENSORS }));
  });

  it.each(['cpu', 'wasm'])('pytorch_model.bin, on %s', async (runtime) => {
    const vector = await embed(tinyClip({ 'pytorch_model.bin': PYTORCH }), DOG, { runtime });
    expect(largestDifference(vector, expected)).toBeLessThan(2e-5);
  });

  it("sentence-transformers' folder", async () => {
    const folder = newFolder();
    const inner = tinyClip({ 'pytorch_model.bin': PYTORCH });
    cpSync(inner, path.join(folder, '0_CLIPModel'), { recursive: true });
    expect(largestDifference(await embed(folder), expected)).toBe(0);
  });

  it.each(['cpu', 'wasm'])("open_clip's names and its own configuration, on %s", async (runtime) => {
    const folder = tinyClip(
      { 'open_clip_model.safetensors': toSafetensors(openClipTensors()) },
      openClipConfig(),
    );
    // hf's and openai's conventions differ by the rounding of the crop only, which a picture of this size has no part in.
    const vector = await embed(folder, DOG, { runtime, preparation: { convention: 'hf' } });
    expect(largestDifference(vector, expected)).toBeLessThan(2e-5);
  });

  it("prefers safetensors to a .bin, and reads open_clip's convention", async () => {
    const folder = tinyClip({ 'model.safetensors': SAFETENSORS, 'pytorch_model.bin': Buffer.alloc(10) });
    expect(largestDifference(await embed(folder), expected)).toBe(0);
    const clipgraph = await createClipgraph({
      model: tinyClip({ 'open_clip_model.safetensors': toSafetensors(openClipTensors()) }, openClipConfig()),
    });
    const [{ manifest }] = clipgraph.models();
    await clipgraph.close();
    expect(manifest).toMatchObject({
      architecture: 'CLIP (open_clip)',
      preparation: { convention: 'openai' },
    });
  });

  it("is found beside timm's own files", async () => {
    const folder = tinyClip(
      {
        'open_clip_model.safetensors': toSafetensors(openClipTensors()),
        'config.json': Buffer.from('{"architecture": "vit_base_patch32_clip_224"}'),
        'model.safetensors': toSafetensors(new Map()),
      },
      openClipConfig(),
    );
    rmSync(path.join(folder, 'preprocessor_config.json'));
    const vector = await embed(folder, DOG, { preparation: { convention: 'hf' } });
    expect(largestDifference(vector, expected)).toBeLessThan(2e-5);
  });

  it.each([
    ['a ResNet', {}, { layers: [3, 4, 6, 3] }, /vision_cfg\.layers/],
    ['a tower of timm', {}, { timm_model_name: 'vit_large' }, /timm_model_name/],
    ['an unknown text tower', { text_cfg: { hf_model_name: 'google/mt5-base' } }, {}, /hf_model_name.*mt5/],
    ['another pooling', {}, { pool_type: 'avg' }, /pool_type/],
    ['what is not known', { moe: true }, {}, /moe/],
    ['oblong pictures', {}, { image_size: [224, 336] }, /only squares/],
  ])('refuses %s', async (_, changes, vision, message) => {
    const weights = { 'open_clip_model.safetensors': toSafetensors(openClipTensors()) };
    await expect(embed(tinyClip(weights, openClipConfig(changes, vision)))).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: expect.stringMatching(message),
    });
  });
});

describe('a pickle that is more than a state dict', () => {
  const files = readdirSync(goldenPath('layouts', 'hostile'));
  it('comes in many kinds', () => {
    expect(files.length).toBeGreaterThanOrEqual(20);
  });

  it.each(files)('is refused, and nothing of it runs: %s', async (name) => {
    const weights = { 'pytorch_model.bin': readFileSync(goldenPath('layouts', 'hostile', name)) };
    await expect(embed(tinyClip(weights))).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: expect.stringMatching(/The model's PyTorch file is damaged: .+\./),
    });
    expect(existsSync('/tmp/clipgraph-pwned')).toBe(false);
  });
});

describe("Stable Diffusion's text encoder", () => {
  interface Reference {
    readonly text: number[];
    readonly states: number[];
  }
  const reference = readGoldenJson<Reference>('layouts', 'text-encoder', 'reference.json');
  let folder: string;
  beforeAll(() => {
    folder = newFolder();
    cpSync(goldenPath('layouts', 'text-encoder'), folder, { recursive: true });
    addTokenizer(path.join(folder, 'tokenizer'));
  });

  it.each(['cpu', 'wasm'])('embeds a text, and gives the states of all 77 places, on %s', async (runtime) => {
    const clipgraph = await createClipgraph({ model: folder, runtime });
    try {
      const { vector } = await clipgraph.embed({ text: 'a dog' }, { normalize: false });
      expect(largestDifference(vector, reference.text)).toBeLessThan(2e-5);
      const made = await clipgraph.tokenEmbeddings('a dog');
      expect(made.shape).toEqual([77, 16]);
      expect(made.tokens?.pieces).toEqual(['<|startoftext|>', 'a</w>', 'dog</w>', '<|endoftext|>']);
      expect(largestDifference(made.states, reference.states)).toBeLessThan(2e-5);
      expect((await clipgraph.tokenEmbeddings('a dog')).isCached).toBe(true);
    } finally {
      await clipgraph.close();
    }
  });

  it('gives them over GraphQL, packed', async () => {
    const server = await runServer({ model: folder, runtime: 'cpu' });
    try {
      const query =
        '{ tokenEmbeddings(text: "a dog") { shape pieces vectorBase64 model { id isLoaded } tokens { count } } }';
      const { data } = await server.post(query);
      const made = data?.tokenEmbeddings as { vectorBase64: string };
      expect(made).toMatchObject({
        shape: [77, 16],
        pieces: ['<|startoftext|>', 'a</w>', 'dog</w>', '<|endoftext|>'],
        model: { isLoaded: true },
        tokens: { count: 4 },
      });
      expect(largestDifference(unpack(made.vectorBase64), reference.states)).toBeLessThan(2e-5);
    } finally {
      await server.close();
    }
  });

  it('reads no pictures', async () => {
    await expect(embed(folder)).rejects.toMatchObject({ code: 'MODALITY_NOT_SUPPORTED' });
  });

  it('batches texts without one changing the states of another', async () => {
    const clipgraph = await createClipgraph({ model: folder, runtime: 'cpu', cache: { maxBytes: 0 } });
    try {
      const alone = await clipgraph.tokenEmbeddings('a dog');
      const texts = ['a dog', 'two cats on a long red sofa', 'b', 'a house by the sea at night'];
      const [together] = await Promise.all(texts.map((text) => clipgraph.tokenEmbeddings(text)));
      expect(largestDifference(together.states, alone.states)).toBeLessThan(1e-6);
    } finally {
      await clipgraph.close();
    }
  });
});

it('the starter gives no token embeddings, and says what does', async () => {
  const clipgraph = await createClipgraph();
  await expect(clipgraph.tokenEmbeddings('a dog')).rejects.toMatchObject({
    code: 'MODALITY_NOT_SUPPORTED',
    message: expect.stringMatching(/openai\/clip-vit-large-patch14/),
  });
  await clipgraph.close();
});

describe('another precision', () => {
  const cosine = (a: Float32Array, b: Float32Array): number => {
    const product = (x: Float32Array, y: Float32Array): number =>
      x.reduce((sum, value, i) => sum + value * y[i], 0);
    return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
  };
  const cache = newFolder();
  const before = process.env.XDG_CACHE_HOME;
  beforeAll(() => {
    process.env.XDG_CACHE_HOME = cache;
  });
  afterAll(() => {
    if (before === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before;
  });

  it.each(DTYPES.flatMap((dtype) => ['cpu', 'wasm'].map((runtime) => [dtype, runtime] as const)))(
    '%s is made once, says so, and stays near the stored weights, on %s',
    async (dtype, runtime) => {
      const folder = tinyClip({ 'model.safetensors': SAFETENSORS });
      const expected = await embed(folder, DOG, { runtime });
      const clipgraph = await createClipgraph({ model: folder, runtime, dtype });
      try {
        const { vector, model } = await clipgraph.embed(DOG, { normalize: false });
        expect(model.manifest.dtype).toBe(dtype);
        expect(cosine(vector, expected)).toBeGreaterThan(dtype === 'q8' ? 0.999 : 0.999_999);
        const stored = await createClipgraph({ model: folder, runtime });
        const [other] = stored.models();
        await stored.close();
        expect((await other.checksum()) === (await model.checksum())).toBe(dtype === 'fp32');
      } finally {
        await clipgraph.close();
      }
    },
  );

  it('of 8 bits gives a picture the same bits whatever it is batched with', async () => {
    const folder = tinyClip({ 'model.safetensors': SAFETENSORS });
    const clipgraph = await createClipgraph({
      model: folder,
      runtime: 'cpu',
      dtype: 'q8',
      cache: { maxBytes: 0 },
    });
    try {
      const { vector: alone } = await clipgraph.embed(DOG);
      const names = ['dog', 'cat', 'coffee', 'rocket', 'apple'];
      const [together] = await Promise.all(names.map((example) => clipgraph.embed({ image: { example } })));
      expect(together.vector).toEqual(alone);
    } finally {
      await clipgraph.close();
    }
  });

  it('refuses a vector of another precision, and says what differs', async () => {
    const folder = tinyClip({ 'model.safetensors': SAFETENSORS });
    const values = Array.from(await embed(folder));
    const clipgraph = await createClipgraph({ model: folder, dtype: 'q8' });
    await expect(clipgraph.similarity(DOG, { vector: { values, dtype: 'fp32' } })).rejects.toMatchObject({
      code: 'MODEL_MISMATCH',
      message: expect.stringMatching(/dtype.*q8/),
    });
    await clipgraph.close();
  });
});

describe('a budget of memory', () => {
  const log = { info: () => undefined, warn: () => undefined, debug: () => undefined };
  /** Two models that differ in how a picture is prepared. */
  const open = (maxModelBytes: number): Promise<Embedder> => {
    const folders = [0, 0.5].map((mean) => {
      const folder = tinyClip({ 'model.safetensors': SAFETENSORS });
      const file = path.join(folder, 'preprocessor_config.json');
      const settings = JSON.parse(readFileSync(file, 'utf8')) as object;
      writeFileSync(file, JSON.stringify({ ...settings, image_mean: [mean, mean, mean] }));
      return folder;
    });
    const config = { model: folders[0], models: [folders[1]], runtime: 'cpu', memory: { maxModelBytes } };
    return openEmbedder(parseConfig({ ...config, cache: { maxBytes: 0 } }), log);
  };
  const scope = { signal: new AbortController().signal };

  it.each([
    [1.5, [false, true]],
    [3, [true, true]],
  ])('of %d models holds %j after both were asked for', async (factor, expected) => {
    const embedder = await open(Math.floor(SAFETENSORS.length * factor));
    try {
      const models = embedder.models.list();
      const loaded = () => Promise.all(models.map((model) => embedder.isLoaded(model)));
      expect(await loaded()).toEqual([false, false]);
      const first = await embedder.embed(DOG, { model: models[0].id }, scope);
      expect(await loaded()).toEqual([true, false]);
      await embedder.embed(DOG, { model: models[1].id }, scope);
      expect(await loaded()).toEqual(expected);
      const again = await embedder.embed(DOG, { model: models[0].id }, scope);
      expect(again.vector).toEqual(first.vector);
    } finally {
      await embedder.close();
    }
  });

  it('that no tower fits in is an error that says so', async () => {
    const embedder = await open(1000);
    try {
      await expect(embedder.embed(DOG, {}, scope)).rejects.toMatchObject({
        code: 'MODEL_UNAVAILABLE',
        message: expect.stringMatching(/may hold 1000 \(memory\.maxModelBytes\)/),
      });
    } finally {
      await embedder.close();
    }
  });

  it('is used at once with preload', async () => {
    const embedder = await open(0);
    try {
      await embedder.preload();
      expect(await Promise.all(embedder.models.list().map((model) => embedder.isLoaded(model)))).toEqual([
        true,
        true,
      ]);
    } finally {
      await embedder.close();
    }
  });
});
