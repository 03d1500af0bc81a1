import { DTYPE_BYTES, type Checkpoint, type StoredTensor } from '../checkpoint.js';

/** open_clip's names of tensors, and transformers' for the same. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^visual\.class_embedding$/, 'vision_model.embeddings.class_embedding'],
  [/^visual\.positional_embedding$/, 'vision_model.embeddings.position_embedding.weight'],
  [/^visual\.conv1\.weight$/, 'vision_model.embeddings.patch_embedding.weight'],
  [/^visual\.ln_pre\./, 'vision_model.pre_layrnorm.'],
  [/^visual\.ln_post\./, 'vision_model.post_layernorm.'],
  [/^visual\.transformer\.resblocks\./, 'vision_model.encoder.layers.'],
  [/^visual\.proj$/, 'visual_projection.weight'],
  [/^token_embedding\./, 'text_model.embeddings.token_embedding.'],
  [/^positional_embedding$/, 'text_model.embeddings.position_embedding.weight'],
  [/^ln_final\./, 'text_model.final_layer_norm.'],
  [/^transformer\.resblocks\./, 'text_model.encoder.layers.'],
  [/^text_projection$/, 'text_projection.weight'],
  [/^text_projection\.weight$/, 'text_projection.weight'],
];
/** The same within a layer. */
const LAYER_NAMES: readonly (readonly [string, string])[] = [
  ['.ln_1.', '.layer_norm1.'],
  ['.ln_2.', '.layer_norm2.'],
  ['.attn.', '.self_attn.'],
  ['.mlp.c_fc.', '.mlp.fc1.'],
  ['.mlp.c_proj.', '.mlp.fc2.'],
];
/** Stored `[in, out]`: the image is multiplied from the left. */
const TRANSPOSED = new Set(['visual.proj', 'text_projection']);

/** Whether a checkpoint is laid out as OpenAI's and open_clip's are. */
export function isOpenClip(checkpoint: Checkpoint): boolean {
  return [...checkpoint.keys()].some((name) =>
    /(^|\.)(visual\.conv1\.weight|transformer\.resblocks\.)/.test(name),
  );
}

/** The three rows of blocks of a joint projection, which lie one after the other. */
function splitInThree(name: string, tensor: StoredTensor): [string, StoredTensor][] {
  const [rows, ...rest] = tensor.shape;
  const length = tensor.length / 3;
  if (!Number.isInteger(rows / 3) || !(tensor.dtype in DTYPE_BYTES)) return [[name, tensor]];
  return ['q', 'k', 'v'].map((part, i) => [
    name.replace('in_proj_', `${part}_proj.`),
    { ...tensor, shape: [rows / 3, ...rest], offset: tensor.offset + i * length, length },
  ]);
}

/** The same tensors under transformers' names. */
export function fromOpenClip(checkpoint: Checkpoint): Checkpoint {
  return new Map(
    [...checkpoint].flatMap(([given, tensor]): [string, StoredTensor][] => {
      const plain = given.replace(/^module\./, '').replace(/^text\./, '');
      const [pattern, name] = NAMES.find(([candidate]) => candidate.test(plain)) ?? [];
      const renamed = pattern === undefined || name === undefined ? plain : plain.replace(pattern, name);
      const inner = LAYER_NAMES.reduce((text, [from, to]) => text.replace(from, to), renamed);
      if (inner.includes('.in_proj_')) return splitInThree(inner, tensor);
      return [[inner, TRANSPOSED.has(plain) ? { ...tensor, isTransposed: true } : tensor]];
    }),
  );
}
