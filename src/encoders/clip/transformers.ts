import { z } from 'zod';
import { check, type ModelDescription } from '../description.js';
import { count, part } from '../transformers-config.js';

/** Defaults of transformers' CLIPTextConfig and CLIPVisionConfig: a configuration holds what differs from them. */
const encoderDefaults = {
  hidden_act: z.string().default('quick_gelu'),
  layer_norm_eps: z.number().positive().default(1e-5),
};
const textSchema = z.object({
  ...encoderDefaults,
  max_position_embeddings: count.default(77),
  num_attention_heads: count.default(8),
  eos_token_id: z.number().int().nonnegative().optional(),
});
const visionSchema = z.object({
  ...encoderDefaults,
  image_size: count.default(224),
  num_attention_heads: count.default(12),
});

/** One tower alone, whose configuration is the whole file. */
const IS_TOWER = /_(text|vision)_model$/;
/** What CLIP's configuration has as `eos_token_id` where it says none. */
const END_MARKER = 49_407;

/** Parses a part of the configuration inside another schema's transform, with its issues at its own path. */
function parsePart<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  key: string,
  context: z.core.$RefinementCtx,
): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const { path, message } of result.error.issues) {
    context.addIssue({ code: 'custom', path: [key, ...path], message });
  }
  return z.NEVER;
}

/** `config.json` of a CLIP, or of one of its towers alone; source: transformers, configuration_clip.py. */
const configSchema = z
  .looseObject({
    model_type: z.string(),
    projection_dim: count.default(512),
    text_config: part,
    text_config_dict: part,
    vision_config: part,
    vision_config_dict: part,
  })
  // Old checkpoints say twice what their parts are; the second one is right.
  .transform((config, context) => {
    const { model_type, projection_dim } = config;
    const alone = IS_TOWER.test(model_type) ? config : {};
    const text = { ...alone, ...config.text_config, ...config.text_config_dict };
    const vision = { ...alone, ...config.vision_config, ...config.vision_config_dict };
    return {
      model_type,
      projection_dim,
      text: parsePart(textSchema, model_type.endsWith('_vision_model') ? {} : text, 'text_config', context),
      vision: parsePart(
        visionSchema,
        model_type.endsWith('_text_model') ? {} : vision,
        'vision_config',
        context,
      ),
    };
  });

/**
 * What a `config.json` of CLIP, or of a model whose parts are as CLIP's, describes.
 *
 * @param name of the file
 * @param defaults of the family, where they are not CLIP's
 * @throws MODEL_UNAVAILABLE when it isn't that of a CLIP, or uses what isn't supported
 */
export function describeClip(
  value: unknown,
  name: string,
  { endMarker = END_MARKER }: { readonly endMarker?: number } = {},
): ModelDescription {
  const { projection_dim, text, vision, model_type } = check(configSchema, value, name);
  return {
    architecture: model_type === 'clip' ? 'CLIP' : `CLIP (${model_type})`,
    projection: projection_dim,
    contextLength: text.max_position_embeddings,
    imageSize: vision.image_size,
    encoders: {
      text: {
        heads: text.num_attention_heads,
        activation: text.hidden_act,
        epsilon: text.layer_norm_eps,
        endMarker: text.eos_token_id ?? endMarker,
      },
      image: {
        heads: vision.num_attention_heads,
        activation: vision.hidden_act,
        epsilon: vision.layer_norm_eps,
      },
    },
    preparation: {},
  };
}
