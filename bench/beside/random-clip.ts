import { copyFileSync, createWriteStream, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import path from 'node:path';

const STARTER = path.join(__dirname, '..', '..', 'models', 'starter');

interface Encoder {
  readonly width: number;
  readonly inner: number;
  readonly layers: number;
  readonly heads: number;
}

export interface Shape {
  readonly text: Encoder;
  readonly vision: Encoder & { readonly patch: number };
  readonly projection: number;
}

/** Of openai/clip-vit-base-patch32 and openai/clip-vit-large-patch14, and one that a test of the benchmark takes a second for. */
export const SHAPES: Readonly<Record<string, Shape>> = {
  small: {
    text: { width: 64, inner: 256, layers: 2, heads: 2 },
    vision: { width: 64, inner: 256, layers: 2, heads: 2, patch: 32 },
    projection: 64,
  },
  'vit-b-32': {
    text: { width: 512, inner: 2048, layers: 12, heads: 8 },
    vision: { width: 768, inner: 3072, layers: 12, heads: 12, patch: 32 },
    projection: 512,
  },
  'vit-l-14': {
    text: { width: 768, inner: 3072, layers: 12, heads: 12 },
    vision: { width: 1024, inner: 4096, layers: 24, heads: 16, patch: 14 },
    projection: 768,
  },
};

const TOKENS = 49_408;
const CONTEXT = 77;
const IMAGE_SIZE = 224;

function encoderShapes(name: string, { width, inner, layers }: Encoder): [string, number[]][] {
  const linear = (part: string, out: number, into: number): [string, number[]][] => [
    [`${part}.weight`, [out, into]],
    [`${part}.bias`, [out]],
  ];
  return Array.from({ length: layers }, (_, layer) => `${name}.encoder.layers.${layer}`).flatMap((at) => [
    ...['q', 'k', 'v', 'out'].flatMap((part) => linear(`${at}.self_attn.${part}_proj`, width, width)),
    ...linear(`${at}.mlp.fc1`, inner, width),
    ...linear(`${at}.mlp.fc2`, width, inner),
    ...['layer_norm1', 'layer_norm2'].flatMap((part) => norm(`${at}.${part}`, width)),
  ]);
}

function norm(name: string, width: number): [string, number[]][] {
  return [
    [`${name}.weight`, [width]],
    [`${name}.bias`, [width]],
  ];
}

/** The tensors of a CLIPModel of transformers, and their shapes. */
function tensorsOf({ text, vision, projection }: Shape): [string, number[]][] {
  const places = (IMAGE_SIZE / vision.patch) ** 2 + 1;
  return [
    ['logit_scale', []],
    ['text_model.embeddings.token_embedding.weight', [TOKENS, text.width]],
    ['text_model.embeddings.position_embedding.weight', [CONTEXT, text.width]],
    ...encoderShapes('text_model', text),
    ...norm('text_model.final_layer_norm', text.width),
    ['text_projection.weight', [projection, text.width]],
    ['vision_model.embeddings.class_embedding', [vision.width]],
    ['vision_model.embeddings.patch_embedding.weight', [vision.width, 3, vision.patch, vision.patch]],
    ['vision_model.embeddings.position_embedding.weight', [places, vision.width]],
    ...norm('vision_model.pre_layrnorm', vision.width),
    ...encoderShapes('vision_model', vision),
    ...norm('vision_model.post_layernorm', vision.width),
    ['visual_projection.weight', [projection, vision.width]],
  ];
}

/** Numbers of a normal distribution of width 0.03, again and again: fast to make, and as slow to multiply as any others. */
function randomBlock(): Float32Array {
  let state = 7;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 1) / (2 ** 32 + 1);
  };
  return Float32Array.from(
    { length: 999_983 },
    () => 0.03 * Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random()),
  );
}

async function writeWeights(file: string, tensors: readonly [string, number[]][]): Promise<void> {
  const sizeOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);
  let at = 0;
  const header = tensors.map(([name, shape]) => {
    const from = at;
    at += sizeOf(shape) * 4;
    return [name, { dtype: 'F32', shape, data_offsets: [from, at] }] as const;
  });
  const json = Buffer.from(JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(header) }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const out = createWriteStream(`${file}.part`);
  out.write(length);
  out.write(json);
  const block = randomBlock();
  for (const [name, shape] of tensors) {
    const values = new Float32Array(sizeOf(shape));
    if (name === 'logit_scale') values[0] = Math.log(100);
    else if (/norm\d?\.weight$/.test(name)) values.fill(1);
    else
      for (let i = 0; i < values.length; i += block.length)
        values.set(block.subarray(0, values.length - i), i);
    if (!out.write(Buffer.from(values.buffer))) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
  renameSync(`${file}.part`, file);
}

function encoderConfig({ width, inner, layers, heads }: Encoder): object {
  return {
    hidden_size: width,
    intermediate_size: inner,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    hidden_act: 'quick_gelu',
  };
}

/** A folder of the hub's layout with random weights of a shape, made once; with CLIP's own tokenizer. */
export async function randomClip(folder: string, name: string): Promise<string> {
  const shape = SHAPES[name];
  const target = path.join(folder, name);
  const weights = path.join(target, 'model.safetensors');
  if (existsSync(weights)) return target;
  mkdirSync(target, { recursive: true });
  const write = (file: string, value: object): void => {
    writeFileSync(path.join(target, file), `${JSON.stringify(value, undefined, 2)}\n`);
  };
  const { text, vision, projection } = shape;
  const markers = { bos_token_id: 49_406, eos_token_id: 49_407, pad_token_id: 49_407 };
  write('config.json', {
    architectures: ['CLIPModel'],
    model_type: 'clip',
    projection_dim: projection,
    text_config: { ...encoderConfig(text), vocab_size: TOKENS, max_position_embeddings: CONTEXT, ...markers },
    vision_config: { ...encoderConfig(vision), image_size: IMAGE_SIZE, patch_size: vision.patch },
  });
  write('preprocessor_config.json', {
    image_processor_type: 'CLIPImageProcessor',
    crop_size: IMAGE_SIZE,
    do_center_crop: true,
    do_normalize: true,
    do_resize: true,
    resample: 3,
    size: IMAGE_SIZE,
    image_mean: [0.48145466, 0.4578275, 0.40821073],
    image_std: [0.26862954, 0.26130258, 0.27577711],
  });
  const [bos_token, eos_token] = ['<|startoftext|>', '<|endoftext|>'];
  write('tokenizer_config.json', {
    tokenizer_class: 'CLIPTokenizer',
    model_max_length: CONTEXT,
    bos_token,
    eos_token,
    unk_token: eos_token,
    pad_token: eos_token,
  });
  for (const file of ['vocab.json', 'merges.txt'])
    copyFileSync(path.join(STARTER, file), path.join(target, file));
  await writeWeights(weights, tensorsOf(shape));
  return target;
}
