import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { ClipgraphError } from '../errors/index.js';
import { manifestSchema, type Manifest } from './manifest.js';
import { Model } from './model.js';
import { readScalar } from './safetensors.js';

const MANIFEST = 'clipgraph.json';

/** The parts of a hub repository's own files that a manifest is derived from. */
const configSchema = z.object({
  model_type: z.literal('clip'),
  projection_dim: z.number().int().positive(),
  text_config: z.object({ max_position_embeddings: z.number().int().positive().default(77) }).prefault({}),
  vision_config: z.object({ image_size: z.number().int().positive().default(224) }).prefault({}),
});
const preprocessorSchema = z.object({
  image_mean: z.tuple([z.number(), z.number(), z.number()]).optional(),
  image_std: z.tuple([z.number(), z.number(), z.number()]).optional(),
});

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

/** A manifest for a folder in the hub's layout: `config.json`, the tokenizer's files and one ONNX graph a tower. */
async function deriveManifest(folder: string): Promise<Manifest> {
  const config = check(configSchema, await readJson(folder, 'config.json'), 'config.json');
  const preprocessor = existsSync(path.join(folder, 'preprocessor_config.json'))
    ? check(
        preprocessorSchema,
        await readJson(folder, 'preprocessor_config.json'),
        'preprocessor_config.json',
      )
    : {};
  const text = findGraph(folder, 'text_model.onnx');
  const image = findGraph(folder, 'vision_model.onnx');
  if (text === undefined && image === undefined) {
    throw new ClipgraphError(
      'MODEL_UNAVAILABLE',
      'The model has neither onnx/text_model.onnx nor onnx/vision_model.onnx. Export it to ONNX with one file a tower.',
    );
  }
  const weights = path.join(folder, 'model.safetensors');
  // Never config.json's logit_scale_init_value: that is where training began.
  const logitScale = existsSync(weights) ? await readScalar(weights, 'logit_scale') : undefined;
  return check(
    manifestSchema,
    {
      id: path.basename(path.resolve(folder)),
      description: `A CLIP with embeddings of ${config.projection_dim} numbers, from a folder.`,
      architecture: 'CLIP',
      dimensions: config.projection_dim,
      contextLength: config.text_config.max_position_embeddings,
      imageSize: config.vision_config.image_size,
      towers: {
        text: text && { graph: text, input: 'input_ids', output: 'text_embeds' },
        image: image && { graph: image, input: 'pixel_values', output: 'image_embeds' },
      },
      tokenizer: text && findTokenizer(folder),
      preparation: { mean: preprocessor.image_mean, std: preprocessor.image_std },
      logitScale: logitScale === undefined ? undefined : Math.exp(logitScale),
    },
    'files',
  );
}

/**
 * Opens a model's folder: by its `clipgraph.json`, or in the hub's layout with ONNX exports.
 *
 * @throws MODEL_UNAVAILABLE that says which file is missing or wrong
 */
export async function openFolder(folder: string): Promise<Model> {
  const manifest = existsSync(path.join(folder, MANIFEST))
    ? check(manifestSchema, await readJson(folder, MANIFEST), MANIFEST)
    : await deriveManifest(folder);
  return new Model(folder, manifest);
}
