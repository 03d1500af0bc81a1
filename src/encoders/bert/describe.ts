import { z } from 'zod';
import { describeClip } from '../clip/transformers.js';
import { check, type ModelDescription } from '../description.js';
import { checkPart, count, part } from '../transformers-config.js';
import { bertOptions } from './named.js';
import type { bertTextOptions } from './options.js';

type Options = z.input<typeof bertTextOptions>;

/** transformers' models of text alone, and their configurations' names for the same. */
const KINDS: Readonly<Record<string, { readonly epsilon: number; readonly firstPosition?: number }>> = {
  bert: { epsilon: 1e-12 },
  distilbert: { epsilon: 1e-12 },
  roberta: { epsilon: 1e-5, firstPosition: 2 },
  'xlm-roberta': { epsilon: 1e-5, firstPosition: 2 },
};

const textSchema = z
  .looseObject({
    num_attention_heads: count.optional(),
    n_heads: count.optional(),
    hidden_act: z.string().optional(),
    activation: z.string().optional(),
    layer_norm_eps: z.number().positive().optional(),
    max_position_embeddings: count.default(512),
    position_embedding_type: z
      .literal('absolute', { error: ({ input }) => `${JSON.stringify(input)} is not supported; absolute is` })
      .nullish(),
    sinusoidal_pos_embds: z.boolean().nullish(),
    pad_token_id: z.number().int().nonnegative().optional(),
  })
  .transform(({ num_attention_heads, n_heads, hidden_act, activation, ...rest }) => ({
    ...rest,
    heads: num_attention_heads ?? n_heads ?? 12,
    activation: hidden_act ?? activation ?? 'gelu',
  }));

type TextConfig = z.infer<typeof textSchema>;

function optionsOf(
  { heads, activation, layer_norm_eps }: TextConfig,
  { epsilon, firstPosition }: (typeof KINDS)[string],
  pooling: Options['pooling'],
): Options {
  return {
    family: 'bert',
    heads,
    activation,
    epsilon: layer_norm_eps ?? epsilon,
    ...(firstPosition !== undefined && { firstPosition }),
    pooling,
  };
}

const wholeSchema = z.looseObject({ text_config: part, text_config_dict: part });

/** A model of transformers with a text tower of BERT's kind beside CLIP's image tower. */
function describeBeside(
  config: unknown,
  file: string,
  kind: string,
): { readonly described: ModelDescription; readonly text: TextConfig; readonly options: Options } {
  const { text_config, text_config_dict } = check(wholeSchema, config, file);
  const text = checkPart(textSchema, { ...text_config, ...text_config_dict }, 'text_config', file);
  // The text part is not CLIP's: none of it is looked at there.
  const image = describeClip({ ...(config as object), text_config: {}, text_config_dict: {} }, file);
  return { described: image, text, options: optionsOf(text, KINDS[kind], 'first') };
}

/** Texts were cut to so many tokens in training. Source: Chinese-CLIP, cn_clip/clip/utils.py, `tokenize`. */
const CHINESE_CONTEXT = 52;

/** Source: transformers, modeling_chinese_clip.py. */
export function describeChineseClip(config: unknown, file: string): ModelDescription {
  const { described, text, options } = describeBeside(config, file, 'bert');
  return {
    ...described,
    architecture: 'Chinese-CLIP',
    contextLength: Math.min(CHINESE_CONTEXT, text.max_position_embeddings),
    encoders: { ...described.encoders, text: options },
    words: { tokenizerClass: 'BertTokenizer' },
  };
}

/** Texts were cut to so many tokens in training. Source: FlagAI, AltCLIP's model card. */
const ALT_CONTEXT = 77;

/** Source: transformers, modeling_altclip.py. */
export function describeAltClip(config: unknown, file: string): ModelDescription {
  const { described, text, options } = describeBeside(config, file, 'xlm-roberta');
  return {
    ...described,
    architecture: 'AltCLIP',
    contextLength: Math.min(ALT_CONTEXT, text.max_position_embeddings - 2),
    encoders: { ...described.encoders, text: options },
    words: { tokenizerClass: 'XLMRobertaTokenizer' },
  };
}

const multilingualSchema = z.looseObject({ modelBase: z.string(), numDims: count });

/** M-CLIP: a text tower whose kind is only named; pictures go through the CLIP that it was trained beside. */
export function describeMultilingualClip(config: unknown, file: string): ModelDescription {
  const { modelBase, numDims } = check(multilingualSchema, config, file);
  const options = bertOptions(modelBase, 'mean', `${file} says modelBase`);
  return {
    architecture: 'M-CLIP',
    projection: numDims,
    contextLength: 512,
    imageSize: 224,
    encoders: { text: options },
    words: {},
    preparation: {},
  };
}

/** Whether a `config.json` is that of a model of texts alone, which sentence-transformers puts layers behind. */
export function isTextModel(config: unknown): boolean {
  const { model_type } = (config ?? {}) as { readonly model_type?: unknown };
  return typeof model_type === 'string' && Object.hasOwn(KINDS, model_type);
}

/**
 * What the `config.json` of a model of texts alone describes; how its tokens become one vector, another file says.
 *
 * @throws MODEL_UNAVAILABLE when it uses what isn't supported
 */
export function describeTextModel(
  config: unknown,
  file: string,
  pooling: Options['pooling'],
): ModelDescription {
  const { model_type } = config as { readonly model_type: string };
  const text = check(textSchema, config, file);
  const kind = KINDS[model_type];
  return {
    architecture: `${model_type} (sentence-transformers)`,
    projection: 512,
    contextLength: text.max_position_embeddings - (kind.firstPosition ?? 0),
    imageSize: 224,
    encoders: { text: optionsOf(text, kind, pooling) },
    words: {},
    preparation: {},
  };
}
