import { z } from 'zod';

const count = z.number().int().positive();
/** What is not supported is accepted where it is switched off. */
const off = z.union([z.literal(false), z.null(), z.literal(0)]).optional();
const kwargs = z.strictObject({ eps: z.number().positive().optional() }).nullish();
const activationKwargs = z.strictObject({ approximate: z.enum(['none', 'tanh']).optional() }).nullish();
const ignored = z.unknown().optional();

function allOff(...names: readonly string[]): Readonly<Record<string, typeof off>> {
  return Object.fromEntries(names.map((name) => [name, off] as const));
}

/** One of the values that are supported; `null` is as good as absent. */
function oneOf<const Values extends readonly [string, ...string[]]>(values: Values) {
  const error = ({ input }: { readonly input?: unknown }): string =>
    `${JSON.stringify(input)} is not supported; ${values.join(', ')} are`;
  return z.enum(values, { error }).nullish();
}

const imageSize = z.union([count, z.tuple([count, count])]);

/** An image tower of open_clip's own. */
const ownVisionSchema = z.strictObject({
  image_size: imageSize,
  layers: count,
  width: count,
  head_width: count.default(64),
  patch_size: count,
  pool_type: oneOf(['tok', 'avg']),
  pos_embed_type: z.literal('learnable').optional(),
  norm_kwargs: kwargs,
  act_kwargs: activationKwargs,
  no_ln_pre: z.boolean().nullish(),
  final_ln_after_pool: z.boolean().nullish(),
  mlp_ratio: ignored,
  patch_dropout: ignored,
  output_tokens: ignored,
  timm_model_name: z.null().optional(),
  ...allOff('ls_init_value', 'attentional_pool', 'input_patchnorm'),
});

/** One of timm's. */
const timmVisionSchema = z.strictObject({
  timm_model_name: z.string(),
  image_size: imageSize,
  timm_pool: ignored,
  timm_proj: ignored,
  timm_model_pretrained: ignored,
  timm_drop: ignored,
  timm_drop_path: ignored,
  patch_dropout: ignored,
  output_tokens: ignored,
  // What timm's name says already.
  layers: ignored,
  width: ignored,
  head_width: ignored,
  patch_size: ignored,
  ...allOff('timm_proj_bias'),
});

/** A text tower of open_clip's own. */
const ownTextSchema = z.strictObject({
  context_length: count.default(77),
  width: count,
  heads: count,
  layers: count,
  pool_type: oneOf(['argmax', 'last']),
  proj_type: z.literal('linear').nullish(),
  proj_bias: z.boolean().nullish(),
  no_causal_mask: z.boolean().nullish(),
  norm_kwargs: kwargs,
  act_kwargs: activationKwargs,
  vocab_size: ignored,
  mlp_ratio: ignored,
  output_tokens: ignored,
  pad_id: z.number().int().nonnegative().default(0),
  hf_tokenizer_name: z.string().nullish(),
  tokenizer_kwargs: z
    .strictObject({
      clean: oneOf(['canonicalize', 'lower', 'whitespace']),
      strip_sep_token: z.boolean().nullish(),
    })
    .nullish(),
  hf_model_name: z.null().optional(),
  ...allOff('ls_init_value', 'embed_cls', 'final_ln_after_pool'),
});

/** One of Hugging Face's, by its name there. */
const hfTextSchema = z.strictObject({
  hf_model_name: z.string(),
  hf_tokenizer_name: z.string().nullish(),
  hf_pooler_type: oneOf(['mean_pooler', 'cls_last_hidden_state_pooler']),
  hf_proj_type: oneOf(['mlp', 'linear']),
  proj_type: oneOf(['mlp', 'linear']),
  context_length: count.default(77),
  tokenizer_kwargs: z.strictObject({ clean: oneOf(['canonicalize', 'lower', 'whitespace']) }).nullish(),
  hf_model_pretrained: ignored,
  output_tokens: ignored,
  vocab_size: ignored,
  width: ignored,
  heads: ignored,
  layers: ignored,
});

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

const isNamed = (value: unknown, key: string): boolean =>
  typeof (value as Record<string, unknown> | null | undefined)?.[key] === 'string';

/** By whether it names another library's model, so that a message speaks of the fields that it has. */
function either<Named extends z.ZodType, Own extends z.ZodType>(key: string, named: Named, own: Own) {
  return z.unknown().transform((value, context): z.infer<Named> | z.infer<Own> => {
    const result = (isNamed(value, key) ? named : own).safeParse(value);
    if (result.success) return result.data;
    for (const { path, message } of result.error.issues)
      context.addIssue({ code: 'custom', path: [...path], message });
    return z.NEVER;
  });
}

/** `open_clip_config.json`. Source: open_clip/model.py, transformer.py and hf_model.py. */
export const configSchema = z.object({
  model_cfg: z.strictObject({
    embed_dim: count,
    quick_gelu: z.boolean().default(false),
    vision_cfg: either('timm_model_name', timmVisionSchema, ownVisionSchema),
    text_cfg: either('hf_model_name', hfTextSchema, ownTextSchema),
    custom_text: ignored,
    init_logit_scale: ignored,
    init_logit_bias: z.number().nullish(),
    output_dict: ignored,
    multimodal_cfg: off,
  }),
  preprocess_cfg: preprocessSchema.prefault({}),
});

export type ModelConfig = z.infer<typeof configSchema>['model_cfg'];
export type PreprocessConfig = z.infer<typeof preprocessSchema>;
export type OwnVision = z.infer<typeof ownVisionSchema>;
export type TimmVision = z.infer<typeof timmVisionSchema>;
export type OwnText = z.infer<typeof ownTextSchema>;
export type HfText = z.infer<typeof hfTextSchema>;
