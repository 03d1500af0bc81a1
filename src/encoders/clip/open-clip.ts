import { z } from 'zod';
import { clipPlan } from '../../core/image/index.js';
import { ClipgraphError } from '../../errors/index.js';
import { check, type ModelDescription, type Preparation } from '../description.js';

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

/** One of the values that are supported; `null` is as good as absent. */
function oneOf<const Values extends readonly [string, ...string[]]>(values: Values) {
  const error = ({ input }: { readonly input?: unknown }): string =>
    `${JSON.stringify(input)} is not supported; ${values.join(', ')} are`;
  return z.enum(values, { error }).nullish();
}

const channels = z
  .union([
    // To Python, 0 is nothing.
    z.number().transform((value) => (value === 0 ? undefined : ([value, value, value] as const))),
    z.tuple([z.number(), z.number(), z.number()]),
  ])
  .nullish();

/** Source: open_clip/transform.py, `PreprocessCfg` and `image_transform`. */
const preprocessSchema = z.strictObject({
  // open_clip takes the size of the image tower instead.
  size: ignored,
  mode: oneOf(['RGB']),
  mean: channels,
  std: channels,
  interpolation: oneOf(['bicubic', 'bilinear', 'random']),
  resize_mode: oneOf(['shortest', 'squash']),
  // Of pictures that are padded: only `longest` pads.
  fill_color: ignored,
});

/** How open_clip prepares pictures for a square image tower. */
function preparationOf(
  { mean, std, interpolation, resize_mode }: z.infer<typeof preprocessSchema>,
  imageSize: number,
): Preparation {
  const { crop, ...plan } = clipPlan(imageSize);
  return {
    ...plan,
    convention: 'openai',
    resize: resize_mode === 'squash' ? crop : plan.resize,
    // `random` is of training.
    filter: interpolation === 'bilinear' ? 'bilinear' : 'bicubic',
    mean: mean ?? plan.mean,
    std: std ?? plan.std,
  };
}

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
  preprocess_cfg: preprocessSchema.prefault({}),
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
    preparation: preparationOf(preprocess, imageSize),
  };
}
