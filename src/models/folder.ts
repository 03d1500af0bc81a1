import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { ClipgraphError } from '../errors/index.js';
import { manifestSchema, type Manifest } from './manifest.js';
import { Model } from './model.js';
import { openCheckpoint, readScalar } from './safetensors.js';

const MANIFEST = 'clipgraph.json';

/** The parts of a hub repository's own files that a manifest is derived from. */
const count = z.number().int().positive();
/** Defaults of transformers' CLIPTextConfig and CLIPVisionConfig: a configuration holds what differs from them. */
const encoderDefaults = {
  hidden_act: z.string().default('quick_gelu'),
  layer_norm_eps: z.number().positive().default(1e-5),
};
const textSchema = z.object({
  ...encoderDefaults,
  max_position_embeddings: count.default(77),
  num_attention_heads: count.default(8),
  eos_token_id: z.number().int().nonnegative().default(49_407),
});
const visionSchema = z.object({
  ...encoderDefaults,
  image_size: count.default(224),
  num_attention_heads: count.default(12),
});
const part = z.record(z.string(), z.unknown()).nullish();
const configSchema = z
  .object({
    model_type: z.literal('clip'),
    projection_dim: count.default(512),
    text_config: part,
    text_config_dict: part,
    vision_config: part,
    vision_config_dict: part,
  })
  // Old checkpoints say twice what their parts are; the second one is right.
  .transform(({ projection_dim, ...parts }) => ({
    projection_dim,
    text: textSchema.parse({ ...parts.text_config, ...parts.text_config_dict }),
    vision: visionSchema.parse({ ...parts.vision_config, ...parts.vision_config_dict }),
  }));
const preprocessorSchema = z.object({
  image_mean: z.tuple([z.number(), z.number(), z.number()]).optional(),
  image_std: z.tuple([z.number(), z.number(), z.number()]).optional(),
});

type Encoder = Pick<z.infer<typeof textSchema>, 'num_attention_heads' | 'hidden_act' | 'layer_norm_eps'>;

async function readJson(folder: string, name: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path.join(folder, name), 'utf8'));
  } catch (cause) {
    throw new ClipgraphError('MODEL_UNAVAILABLE', `The model's ${name} is missing or is not JSON.`, {
      cause,
    });
  }
}

function check<Schema extends z.ZodType>(schema: Schema, value: unknown, name: string): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues
    .map((issue) => [issue.path.join('.'), issue.message].join(': '))
    .join('; ');
  throw new ClipgraphError('MODEL_UNAVAILABLE', `The model's ${name} is wrong: ${issues}.`);
}

/** Where split ONNX exports lie in a repository. */
function findGraph(folder: string, name: string): string | undefined {
  return [path.join('onnx', name), name].find((file) => existsSync(path.join(folder, file)));
}

/** `vocab.json` and `merges.txt`, or `tokenizer.json` where they are not there. */
function findTokenizer(folder: string): Manifest['tokenizer'] {
  const isThere = (name: string): boolean => existsSync(path.join(folder, name));
  if (!isThere('merges.txt') && isThere('tokenizer.json')) return { json: 'tokenizer.json' };
  return { vocabulary: 'vocab.json', merges: 'merges.txt' };
}

/** A manifest for a folder in the hub's layout: `config.json`, the tokenizer's files, and weights in safetensors or one ONNX graph a tower. */
async function deriveManifest(folder: string): Promise<Manifest> {
  const config = check(configSchema, await readJson(folder, 'config.json'), 'config.json');
  const preprocessor = existsSync(path.join(folder, 'preprocessor_config.json'))
    ? check(
        preprocessorSchema,
        await readJson(folder, 'preprocessor_config.json'),
        'preprocessor_config.json',
      )
    : {};
  const checkpoint = await openCheckpoint(folder);
  /** Over safetensors where they hold the tower, else by its ONNX export. */
  const towerOf = (kind: 'text' | 'vision', probe: string, input: string, output: string) => {
    if (checkpoint?.has(`${kind}_model.embeddings.${probe}`) === true) return { input, output };
    const graph = findGraph(folder, `${kind}_model.onnx`);
    return graph && { graph, input, output };
  };
  const text = towerOf('text', 'token_embedding.weight', 'input_ids', 'text_embeds');
  const image = towerOf('vision', 'patch_embedding.weight', 'pixel_values', 'image_embeds');
  if (text === undefined && image === undefined) {
    throw new ClipgraphError(
      'MODEL_UNAVAILABLE',
      'The model has no towers of a CLIP: neither model.safetensors with them nor onnx/text_model.onnx or onnx/vision_model.onnx.',
    );
  }
  const projections = ['text_projection.weight', 'visual_projection.weight'];
  const projection = projections.map((name) => checkpoint?.get(name)).find((tensor) => tensor !== undefined);
  const dimensions = projection?.shape[0] ?? config.projection_dim;
  // Never config.json's logit_scale_init_value: that is where training began.
  const logitScale = checkpoint && (await readScalar(folder, checkpoint, 'logit_scale'));
  const encoderOf = ({
    num_attention_heads: heads,
    hidden_act: activation,
    layer_norm_eps: epsilon,
  }: Encoder) => ({
    heads,
    activation,
    epsilon,
  });
  return check(
    manifestSchema,
    {
      id: path.basename(path.resolve(folder)),
      description: `A CLIP with embeddings of ${dimensions} numbers, from a folder.`,
      architecture: 'CLIP',
      dimensions,
      contextLength: config.text.max_position_embeddings,
      imageSize: config.vision.image_size,
      towers: { text, image },
      encoders: {
        text: { ...encoderOf(config.text), endMarker: config.text.eos_token_id },
        image: encoderOf(config.vision),
      },
      tokenizer: text && findTokenizer(folder),
      preparation: { mean: preprocessor.image_mean, std: preprocessor.image_std },
      logitScale: logitScale === undefined ? undefined : Math.exp(logitScale),
    },
    'files',
  );
}

/**
 * Opens a model's folder: by its `clipgraph.json`, or in the hub's layout with safetensors or ONNX exports.
 *
 * @throws MODEL_UNAVAILABLE that says which file is missing or wrong
 */
export async function openFolder(folder: string): Promise<Model> {
  const manifest = existsSync(path.join(folder, MANIFEST))
    ? check(manifestSchema, await readJson(folder, MANIFEST), MANIFEST)
    : await deriveManifest(folder);
  return new Model(folder, manifest);
}
