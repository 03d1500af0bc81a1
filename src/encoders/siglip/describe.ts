import { z } from 'zod';
import { check, type ModelDescription } from '../description.js';
import { checkPart, count, part } from '../transformers-config.js';

/** Defaults of transformers' SiglipTextConfig and SiglipVisionConfig: a configuration holds what differs from them. */
const encoderDefaults = {
  hidden_act: z.string().default('gelu_pytorch_tanh'),
  layer_norm_eps: z.number().positive().default(1e-6),
  num_attention_heads: count.default(12),
};
const textSchema = z.object({ ...encoderDefaults, max_position_embeddings: count.default(64) });
const visionSchema = z.object({
  ...encoderDefaults,
  image_size: count.default(224),
  vision_use_head: z.literal(true, { error: 'only a tower with its head is supported' }).optional(),
});

/** `config.json` of a SigLIP, or of one of its towers alone. Source: transformers, configuration_siglip.py. */
const configSchema = z.looseObject({ model_type: z.string(), text_config: part, vision_config: part });

/**
 * What a `config.json` of SigLIP, or of SigLIP 2 with pictures of one size, describes.
 *
 * @param file its name, for messages
 * @throws MODEL_UNAVAILABLE when it uses what isn't supported
 */
export function describeSiglip(value: unknown, file: string): ModelDescription {
  const config = check(configSchema, value, file);
  const isAlone = config.model_type !== 'siglip';
  const text = checkPart(textSchema, (isAlone ? config : config.text_config) ?? {}, 'text_config', file);
  const vision = checkPart(
    visionSchema,
    (isAlone ? config : config.vision_config) ?? {},
    'vision_config',
    file,
  );
  const encoderOf = (of: typeof text | typeof vision) => ({
    heads: of.num_attention_heads,
    activation: of.hidden_act,
    epsilon: of.layer_norm_eps,
  });
  return {
    architecture: isAlone ? `SigLIP (${config.model_type})` : 'SigLIP',
    // The embeddings are as wide as the towers: the weights say so.
    projection: 768,
    contextLength: text.max_position_embeddings,
    imageSize: vision.image_size,
    encoders: {
      text: { ...encoderOf(text), isCausal: false, pooling: 'last' },
      image: { family: 'siglip', ...encoderOf(vision) },
    },
    scoring: 'sigmoid',
    words: { tokenizerClass: 'SiglipTokenizer' },
    // Every place is seen, and the last one is pooled: another padding would give another vector.
    padding: { to: 'context' },
    preparation: {},
  };
}
