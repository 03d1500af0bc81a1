import { z } from 'zod';
import { ClipgraphError } from '../../errors/index.js';
import { check, type ModelDescription } from './description.js';

const count = z.number().int().positive();
/** What is not supported is accepted where it is switched off. */
const off = z.union([z.literal(false), z.null(), z.literal(0)]).optional();
const kwargs = z.strictObject({ eps: z.number().positive().optional() }).nullish();
const activationKwargs = z.strictObject({ approximate: z.enum(['none', 'tanh']).optional() }).nullish();
const ignored = z.unknown().optional();

const visionSchema = z.strictObject({
  image_size: z.union([count, z.tuple([count, count])]),
  layers: count,
  width: count,
  head_width: count.default(64),
  patch_size: count,
  pool_type: z.literal('tok').optional(),
  pos_embed_type: z.literal('learnable').optional(),
  norm_kwargs: kwargs,
  act_kwargs: activationKwargs,
  mlp_ratio: ignored,
  patch_dropout: ignored,
  output_tokens: ignored,
  ...Object.fromEntries(
    [
      'ls_init_value',
      'no_ln_pre',
      'final_ln_after_pool',
      'attentional_pool',
      'timm_model_name',
      'input_patchnorm',
    ].map((name) => [name, off] as const),
  ),
});
const textSchema = z.strictObject({
  context_length: count.default(77),
  width: count,
  heads: count,
  layers: count,
  pool_type: z.literal('argmax').optional(),
  proj_type: z.literal('linear').optional(),
  norm_kwargs: kwargs,
  act_kwargs: activationKwargs,
  vocab_size: ignored,
  mlp_ratio: ignored,
  output_tokens: ignored,
  pad_id: ignored,
  hf_tokenizer_name: ignored,
  ...Object.fromEntries(
    [
      'ls_init_value',
      'embed_cls',
      'no_causal_mask',
      'final_ln_after_pool',
      'proj_bias',
      'hf_model_name',
      'tokenizer_kwargs',
    ].map((name) => [name, off] as const),
  ),
});

/** `open_clip_config.json`, as far as it describes a CLIP of two transformers; source: open_clip/model.py. */
const configSchema = z.object({
  model_cfg: z.strictObject({
    embed_dim: count,
    quick_gelu: z.boolean().default(false),
    vision_cfg: visionSchema,
    text_cfg: textSchema,
    custom_text: ignored,
    init_logit_scale: ignored,
    output_dict: ignored,
    init_logit_bias: off,
    multimodal_cfg: off,
  }),
  preprocess_cfg: z
    .object({
      mean: z.tuple([z.number(), z.number(), z.number()]).optional(),
      std: z.tuple([z.number(), z.number(), z.number()]).optional(),
      interpolation: z.literal('bicubic').optional(),
      resize_mode: z.literal('shortest').optional(),
    })
    .prefault({}),
});

/** The end of a text is where its largest id is. */
const LARGEST_ID = 2;

/**
 * What an `open_clip_config.json` describes.
 *
 * @param name of the file
 * @throws MODEL_UNAVAILABLE when it uses what isn't supported
 */
export function describeOpenClip(value: unknown, name: string): ModelDescription {
  const { model_cfg: model, preprocess_cfg: preprocess } = check(configSchema, value, name);
  const { vision_cfg: vision, text_cfg: text } = model;
  const [imageSize, width = imageSize] = [vision.image_size].flat();
  if (imageSize !== width) {
    const message = `The model's pictures are ${imageSize} × ${width} pixels; only squares are supported.`;
    throw new ClipgraphError('MODEL_UNAVAILABLE', message);
  }
  const encoderOf = ({ act_kwargs, norm_kwargs }: typeof text | typeof vision, heads: number) => ({
    heads,
    activation: model.quick_gelu
      ? 'quick_gelu'
      : act_kwargs?.approximate === 'tanh'
        ? 'gelu_pytorch_tanh'
        : 'gelu',
    epsilon: norm_kwargs?.eps ?? 1e-5,
  });
  return {
    architecture: 'CLIP (open_clip)',
    projection: model.embed_dim,
    contextLength: text.context_length,
    imageSize,
    encoders: {
      text: { ...encoderOf(text, text.heads), endMarker: LARGEST_ID },
      image: encoderOf(vision, vision.width / vision.head_width),
    },
    preparation: { convention: 'openai', mean: preprocess.mean, std: preprocess.std },
  };
}
