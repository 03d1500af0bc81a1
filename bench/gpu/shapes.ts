import { copyFileSync, closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';

/** The sizes of a CLIP; its weights are made here. */
interface Shape {
  readonly dimensions: number;
  readonly text: Transformer;
  readonly image: Transformer & { readonly size: number; readonly patch: number };
}

interface Transformer {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
}

/** Source: the configurations of openai/clip-vit-base-patch32 and -large-patch14; `tiny` is for trying the script. */
export const SHAPES = {
  tiny: {
    dimensions: 48,
    text: { width: 64, layers: 2, heads: 4 },
    image: { width: 64, layers: 2, heads: 4, size: 64, patch: 16 },
  },
  'B/32': {
    dimensions: 512,
    text: { width: 512, layers: 12, heads: 8 },
    image: { width: 768, layers: 12, heads: 12, size: 224, patch: 32 },
  },
  'L/14': {
    dimensions: 768,
    text: { width: 768, layers: 12, heads: 12 },
    image: { width: 1024, layers: 24, heads: 16, size: 224, patch: 14 },
  },
} as const satisfies Readonly<Record<string, Shape>>;

export type ShapeName = keyof typeof SHAPES;

const VOCABULARY = 49_408;
const CONTEXT = 77;
/** As seen from the checkout's root, where npm runs scripts. */
const TOKENIZER = path.resolve('models/starter');
/** CLIP's. */
const NORMALIZATION = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
};

/** A tensor of random numbers around a mean. */
interface Random {
  readonly shape: readonly number[];
  readonly mean: number;
  readonly deviation: number;
}

function tensorsOf({ dimensions, text, image }: Shape): Map<string, Random> {
  const tensors = new Map<string, Random>();
  const put = (name: string, shape: readonly number[], deviation: number, mean = 0): void => {
    tensors.set(name, { shape, mean, deviation });
  };
  const linear = (name: string, out: number, from: number): void => {
    put(`${name}.weight`, [out, from], from ** -0.5);
    put(`${name}.bias`, [out], 0.02);
  };
  const norm = (name: string, width: number): void => {
    put(`${name}.weight`, [width], 0.02, 1);
    put(`${name}.bias`, [width], 0.02);
  };
  const layers = (name: string, { width, layers: count }: Transformer): void => {
    for (let i = 0; i < count; i++) {
      const layer = `${name}.encoder.layers.${i}`;
      for (const part of ['q', 'k', 'v', 'out']) linear(`${layer}.self_attn.${part}_proj`, width, width);
      norm(`${layer}.layer_norm1`, width);
      linear(`${layer}.mlp.fc1`, width * 4, width);
      linear(`${layer}.mlp.fc2`, width, width * 4);
      norm(`${layer}.layer_norm2`, width);
    }
  };
  put('logit_scale', [], 0, Math.log(100));
  put('text_model.embeddings.token_embedding.weight', [VOCABULARY, text.width], 0.5);
  put('text_model.embeddings.position_embedding.weight', [CONTEXT, text.width], 0.1);
  layers('text_model', text);
  norm('text_model.final_layer_norm', text.width);
  put('text_projection.weight', [dimensions, text.width], text.width ** -0.5);
  put('vision_model.embeddings.class_embedding', [image.width], 0.5);
  const patches = [image.width, 3, image.patch, image.patch];
  put('vision_model.embeddings.patch_embedding.weight', patches, (3 * image.patch ** 2) ** -0.5);
  const places = (image.size / image.patch) ** 2 + 1;
  put('vision_model.embeddings.position_embedding.weight', [places, image.width], 0.1);
  norm('vision_model.pre_layrnorm', image.width);
  layers('vision_model', image);
  norm('vision_model.post_layernorm', image.width);
  put('visual_projection.weight', [dimensions, image.width], image.width ** -0.5);
  return tensors;
}

/** Numbers of deviation 1, the same ones every time. Their count is prime, so that no two rows of weights are alike. */
function randomBlock(): Float32Array {
  let state = 1;
  return Float32Array.from({ length: 1_048_583 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state / 2 ** 31) * Math.sqrt(3);
  });
}

function writeWeights(file: string, tensors: ReadonlyMap<string, Random>): void {
  const sizeOf = ({ shape }: Random): number => shape.reduce((product, size) => product * size, 1);
  let at = 0;
  const header = Object.fromEntries(
    [...tensors].map(([name, tensor]) => {
      const data_offsets = [at, (at += sizeOf(tensor) * 4)];
      return [name, { dtype: 'F32', shape: tensor.shape, data_offsets }];
    }),
  );
  const json = Buffer.from(JSON.stringify({ __metadata__: { format: 'pt' }, ...header }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const descriptor = openSync(file, 'w');
  writeSync(descriptor, Buffer.concat([length, json]));
  const block = randomBlock();
  let seed = 0;
  for (const tensor of tensors.values()) {
    const values = new Float32Array(sizeOf(tensor));
    const start = (seed++ * 7919) % block.length;
    for (let i = 0; i < values.length; i++) {
      values[i] = tensor.mean + tensor.deviation * block[(start + i) % block.length];
    }
    const bytes = Buffer.from(values.buffer);
    for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
  }
  closeSync(descriptor);
}

/** Writes a folder as the hub has them, which Clipgraph and transformers open alike. */
export function writeCheckpoint(folder: string, name: ShapeName): void {
  const shape: Shape = SHAPES[name];
  mkdirSync(folder, { recursive: true });
  const write = (file: string, content: object): void => {
    writeFileSync(path.join(folder, file), JSON.stringify(content, undefined, 2));
  };
  const transformer = ({ width, layers, heads }: Transformer) => ({
    hidden_size: width,
    intermediate_size: width * 4,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    hidden_act: 'quick_gelu',
    layer_norm_eps: 1e-5,
    projection_dim: shape.dimensions,
  });
  const markers = { bos_token_id: 49_406, eos_token_id: 49_407, pad_token_id: 49_407 };
  write('config.json', {
    architectures: ['CLIPModel'],
    model_type: 'clip',
    projection_dim: shape.dimensions,
    text_config: {
      model_type: 'clip_text_model',
      ...transformer(shape.text),
      ...markers,
      vocab_size: VOCABULARY,
      max_position_embeddings: CONTEXT,
    },
    vision_config: {
      model_type: 'clip_vision_model',
      ...transformer(shape.image),
      image_size: shape.image.size,
      patch_size: shape.image.patch,
      num_channels: 3,
    },
  });
  const { size } = shape.image;
  write('preprocessor_config.json', {
    image_processor_type: 'CLIPImageProcessor',
    do_resize: true,
    size: { shortest_edge: size },
    resample: 3,
    do_center_crop: true,
    crop_size: { height: size, width: size },
    do_convert_rgb: true,
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: NORMALIZATION.mean,
    image_std: NORMALIZATION.std,
  });
  const [start, end] = ['<|startoftext|>', '<|endoftext|>'];
  const tokens = { bos_token: start, eos_token: end, unk_token: end, pad_token: end };
  write('tokenizer_config.json', { tokenizer_class: 'CLIPTokenizer', model_max_length: CONTEXT, ...tokens });
  for (const file of ['vocab.json', 'merges.txt'])
    copyFileSync(path.join(TOKENIZER, file), path.join(folder, file));
  writeWeights(path.join(folder, 'model.safetensors'), tensorsOf(shape));
}
