import { bertName } from '../bert/names.js';
import type { Checkpoint, StoredTensor } from '../checkpoint.js';
import { splitJoint } from '../split-rows.js';

/** open_clip's names of tensors, timm's of an image tower among them, and transformers' for the same. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^visual\.class_embedding$/, 'vision_model.embeddings.class_embedding'],
  [/^visual\.positional_embedding$/, 'vision_model.embeddings.position_embedding.weight'],
  [/^visual\.conv1\.weight$/, 'vision_model.embeddings.patch_embedding.weight'],
  [/^visual\.ln_pre\./, 'vision_model.pre_layrnorm.'],
  [/^visual\.ln_post\./, 'vision_model.post_layernorm.'],
  [/^visual\.transformer\.resblocks\./, 'vision_model.encoder.layers.'],
  [/^visual\.proj$/, 'visual_projection.weight'],
  [/^visual\.trunk\.cls_token$/, 'vision_model.embeddings.class_embedding'],
  [/^visual\.trunk\.pos_embed$/, 'vision_model.embeddings.position_embedding.weight'],
  [/^visual\.trunk\.patch_embed\.proj\./, 'vision_model.embeddings.patch_embedding.'],
  [/^visual\.trunk\.blocks\./, 'vision_model.encoder.layers.'],
  [/^visual\.trunk\.norm\./, 'vision_model.post_layernorm.'],
  [/^visual\.trunk\.attn_pool\.latent$/, 'vision_model.head.probe'],
  [/^visual\.trunk\.attn_pool\.(q|kv)\./, 'vision_model.head.attention.$1.'],
  [/^visual\.trunk\.attn_pool\.proj\./, 'vision_model.head.attention.out_proj.'],
  [/^visual\.trunk\.attn_pool\.norm\./, 'vision_model.head.layernorm.'],
  [/^visual\.trunk\.attn_pool\.mlp\./, 'vision_model.head.mlp.'],
  [/^visual\.trunk\.head\.(fc\.)?/, 'visual_projection.'],
  [/^visual\.trunk\./, 'vision_model.'],
  [/^token_embedding\./, 'text_model.embeddings.token_embedding.'],
  [/^positional_embedding$/, 'text_model.embeddings.position_embedding.weight'],
  [/^ln_final\./, 'text_model.final_layer_norm.'],
  [/^transformer\.resblocks\./, 'text_model.encoder.layers.'],
  // A text tower of Hugging Face.
  [/^transformer\.(embeddings|encoder|transformer)\./, 'text_model.$1.'],
  [/^text_projection$/, 'text_projection.weight'],
  [/^proj\./, 'text_projection.'],
];
/** The same within a layer, one after the other. */
const LAYER_NAMES: readonly (readonly [string, string])[] = [
  ['.ln_1.', '.layer_norm1.'],
  ['.ln_2.', '.layer_norm2.'],
  ['.norm1.', '.layer_norm1.'],
  ['.norm2.', '.layer_norm2.'],
  ['.attn.', '.self_attn.'],
  ['.self_attn.proj.', '.self_attn.out_proj.'],
  ['.head.attention.q.', '.head.attention.q_proj.'],
  ['.mlp.c_fc.', '.mlp.fc1.'],
  ['.mlp.c_proj.', '.mlp.fc2.'],
];
/** Stored `[in, out]`: the image is multiplied from the left. */
const TRANSPOSED = new Set(['visual.proj', 'text_projection']);
/** Stored `[1, places, width]`. */
const OF_ONE = 'visual.trunk.pos_embed';

const OWN =
  /(^|\.)(visual\.(conv1\.weight$|trunk\.)|transformer\.resblocks\.)|^text\.transformer\.embeddings\./;

function shaped(plain: string, tensor: StoredTensor): StoredTensor {
  if (TRANSPOSED.has(plain)) return { ...tensor, isTransposed: true };
  return plain === OF_ONE ? { ...tensor, shape: tensor.shape.slice(1) } : tensor;
}

/** A checkpoint of OpenAI's or open_clip's under the names that graphs are built over; undefined for any other. */
export function fromOpenClip(checkpoint: Checkpoint): Checkpoint | undefined {
  if (![...checkpoint.keys()].some((name) => OWN.test(name))) return undefined;
  return new Map(
    [...checkpoint].flatMap(([given, tensor]): [string, StoredTensor][] => {
      const plain = given.replace(/^module\./, '').replace(/^text\./, '');
      const [pattern, name] = NAMES.find(([candidate]) => candidate.test(plain)) ?? [];
      const renamed = pattern === undefined || name === undefined ? plain : plain.replace(pattern, name);
      const inner = LAYER_NAMES.reduce((text, [from, to]) => text.replace(from, to), renamed);
      const full = inner.startsWith('text_model.') ? bertName(inner) : inner;
      return splitJoint(full, shaped(plain, tensor));
    }),
  );
}
