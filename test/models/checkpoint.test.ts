import { cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClipgraph } from '../../src/index.js';
import { EXAMPLES_FOLDER } from '../../src/media/index.js';
import { goldenPath } from '../golden-data.js';
import { readSafetensors, toSafetensors, type Entry } from '../safetensors.js';

/** The image tower's tensors, as PyTorch wrote them. */
const tensors = new Map(
  [...readSafetensors(readFileSync(goldenPath('tiny-clip', 'model.safetensors')))].filter(([name]) =>
    /^(vision_model|visual_projection|logit_scale)/.test(name),
  ),
);

/** The same weights with the lower half of each number gone: what bf16 holds. */
function inHalf(to: 'BF16' | 'F32'): Map<string, Entry> {
  return new Map(
    [...tensors].map(([name, { shape, bytes }]) => {
      const upper = Buffer.from(bytes);
      for (let i = 0; i < upper.length; i += 4) upper.writeUInt16LE(0, i);
      const packed = Buffer.alloc(upper.length / 2);
      for (let i = 0; i < upper.length; i += 4) upper.copy(packed, i / 2, i + 2, i + 4);
      return [name, { dtype: to, shape, bytes: to === 'F32' ? upper : packed }];
    }),
  );
}

/** A model's folder with such files, beside the configuration of the tiny CLIP, changed in parts. */
function folderWith(files: Record<string, Buffer | string>, vision: object = {}, top: object = {}): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-'));
  const config = JSON.parse(readFileSync(goldenPath('tiny-clip', 'config.json'), 'utf8'));
  const vision_config = { ...config.vision_config, ...vision };
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify({ ...config, vision_config, ...top }));
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content);
  return folder;
}

async function embed(model: string, runtime = 'cpu'): Promise<Float32Array> {
  const clipgraph = await createClipgraph({ model, runtime });
  try {
    const image = { path: path.join(EXAMPLES_FOLDER, 'dog.png') };
    return (await clipgraph.embed({ image }, { normalize: false })).vector;
  } finally {
    await clipgraph.close();
  }
}

function expectSame(a: Float32Array, b: Float32Array, tolerance = 2e-5): void {
  expect(a).toHaveLength(b.length);
  for (const [i, value] of a.entries()) expect(Math.abs(value - b[i])).toBeLessThanOrEqual(tolerance);
}

describe('a model over its safetensors', () => {
  const whole = folderWith({ 'model.safetensors': toSafetensors(tensors) });

  it('may lie in shards, and behind links as in the cache of the hub', async () => {
    const names = [...tensors.keys()];
    const shard = (i: number) => new Map([...tensors].filter((_, place) => place % 2 === i));
    const weight_map = Object.fromEntries(
      names.map((name, i) => [name, `model-0000${(i % 2) + 1}-of-00002.safetensors`]),
    );
    const sharded = folderWith({
      'model-00001-of-00002.safetensors': toSafetensors(shard(0)),
      'model-00002-of-00002.safetensors': toSafetensors(shard(1)),
      'model.safetensors.index.json': JSON.stringify({ weight_map }),
    });
    const expected = await embed(whole);
    expectSame(await embed(sharded), expected, 0);
    expectSame(await embed(sharded, 'wasm'), expected);

    const hub = mkdtempSync(path.join(tmpdir(), 'clipgraph-hub-'));
    const snapshot = path.join(hub, 'snapshots', 'abc');
    mkdirSync(path.join(hub, 'blobs'), { recursive: true });
    mkdirSync(snapshot, { recursive: true });
    for (const file of ['config.json', 'model.safetensors']) {
      cpSync(path.join(whole, file), path.join(hub, 'blobs', `sha-${file.length}`));
      symlinkSync(path.join('..', '..', 'blobs', `sha-${file.length}`), path.join(snapshot, file));
    }
    expectSame(await embed(snapshot), expected, 0);
  });

  it.each(['cpu', 'wasm'])('may hold bf16: the same as those numbers in fp32, on %s', async (runtime) => {
    const bf16 = folderWith({ 'model.safetensors': toSafetensors(inHalf('BF16')) });
    const fp32 = folderWith({ 'model.safetensors': toSafetensors(inHalf('F32')) });
    expectSame(await embed(bf16, runtime), await embed(fp32, runtime));
  });

  it('knows the activations of transformers', async () => {
    const results = await Promise.all(
      ['quick_gelu', 'gelu', 'gelu_new', 'gelu_pytorch_tanh'].map((hidden_act) =>
        embed(folderWith({ 'model.safetensors': toSafetensors(tensors) }, { hidden_act })),
      ),
    );
    expectSame(results[2], results[3], 0);
    expectSame(results[1], results[2], 0.01); // The tanh is an approximation of the other,
    expect(() => {
      expectSame(results[0], results[1], 1e-4); // the sigmoid a rougher one.
    }).toThrow();
  });

  it('has its logit scale from the tensor, and its dimensions from the projection', async () => {
    const clipgraph = await createClipgraph({
      model: folderWith({ 'model.safetensors': toSafetensors(tensors) }, {}, { projection_dim: 7 }),
    });
    const [{ manifest }] = clipgraph.models();
    expect(manifest.logitScale).toBeCloseTo(100.003, 2);
    expect(manifest.dimensions).toBe(48);
    await clipgraph.close();
  });

  const file = toSafetensors(tensors);
  const withHeader = (json: string): Buffer => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(Buffer.byteLength(json)));
    return Buffer.concat([length, Buffer.from(json), Buffer.alloc(64)]);
  };
  const without = (name: string) => toSafetensors(new Map([...tensors].filter(([key]) => key !== name)));
  const one = 'vision_model.embeddings.patch_embedding.weight';

  const withType = (dtype: string) =>
    toSafetensors(
      new Map([...tensors].map(([name, tensor]) => [name, name === one ? { ...tensor, dtype } : tensor])),
    );

  it('gives no vector where a weight is not a number', async () => {
    const damaged = new Map(
      [...tensors].map(([name, tensor]) => [name, { ...tensor, bytes: Buffer.from(tensor.bytes) }]),
    );
    damaged.get(one)?.bytes.writeFloatLE(NaN, 0);
    await expect(embed(folderWith({ 'model.safetensors': toSafetensors(damaged) }))).rejects.toMatchObject({
      message: expect.stringMatching(/not finite numbers: the model's weights are damaged/),
    });
  });

  it.each([
    ['nothing', Buffer.alloc(0), /damaged/],
    ['a file cut short', file.subarray(0, file.length - 10), /beyond the end/],
    ['a header longer than the file', Buffer.from('ffffffffffffff7f', 'hex'), /header is longer/],
    ['a header that is no JSON', withHeader('{'), /not JSON/],
    ['a header that is a list', withHeader('[]'), /does not describe tensors/],
    [
      'offsets that are negative',
      withHeader(`{"${one}":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}`),
      /does not describe/,
    ],
    [
      'offsets that go back',
      withHeader(`{"${one}":{"dtype":"F32","shape":[1],"data_offsets":[8,4]}}`),
      /beyond the end/,
    ],
    [
      'a size that is not the shape’s',
      withHeader(`{"${one}":{"dtype":"F32","shape":[9],"data_offsets":[0,4]}}`),
      /another size/,
    ],
    [
      'tensors that overlap',
      withHeader(
        `{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"${one}":{"dtype":"F32","shape":[4],"data_offsets":[8,24]}}`,
      ),
      /overlaps another/,
    ],
    [
      'ten gigabytes that are not there',
      withHeader(`{"${one}":{"dtype":"F32","shape":[50000,50000],"data_offsets":[0,10000000000]}}`),
      /beyond the end/,
    ],
    ['a weight of whole numbers', withType('I32'), /is I32; F32, F16/],
    ['no towers of a CLIP', withHeader('{}'), /no towers of a CLIP/],
    [
      'a tensor missing',
      without('vision_model.encoder.layers.1.mlp.fc2.weight'),
      /lack vision_model\.encoder\.layers\.1\.mlp/,
    ],
  ])('is refused with %s', async (_, content, message) => {
    await expect(embed(folderWith({ 'model.safetensors': content }))).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ['an activation that is not supported', { hidden_act: 'silu' }, {}, /hidden_act "silu".*quick_gelu/],
    ['heads that do not divide its width', { num_attention_heads: 7 }, {}, /7 attention heads/],
    ['an image size that does not fit', { image_size: 224 }, {}, /image_size 224/],
    [
      'another kind of model',
      {},
      { model_type: 'blip' },
      /config\.json is not that of a model.*model_type: "blip" is not supported; siglip, .*clip_vision_model are/,
    ],
  ])('is refused with %s', async (_, vision, top, message) => {
    const folder = folderWith({ 'model.safetensors': toSafetensors(tensors) }, vision, top);
    await expect(embed(folder)).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: expect.stringMatching(message),
    });
  });

  it('is refused with an index that names a file outside of the folder', async () => {
    const weight_map = { [one]: '../../etc/passwd' };
    const folder = folderWith({ 'model.safetensors.index.json': JSON.stringify({ weight_map }) });
    await expect(embed(folder)).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE' });
  });
});
