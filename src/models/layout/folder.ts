import { constants, existsSync } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { ClipgraphError } from '../../errors/index.js';
import {
  check,
  describeOpenClip,
  describeTransformers,
  STATES,
  type Checkpoint,
  type ModelDescription,
} from '../../encoders/index.js';
import { readError } from '../files/failures.js';
import { readJson } from '../files/json.js';
import { readLicense } from './card.js';
import { findGraph, findLayout, findWeights, type Layout } from './layout.js';
import { MANIFEST, manifestSchema } from '../manifest.js';
import { Model } from '../model.js';
import { readPreparation } from './preparation.js';
import { describeSentences } from './sentence-transformers.js';
import { describeTokenizer } from './words/describe-tokenizer.js';
import { openCheckpoint, readScalar } from '../checkpoint/weights.js';

/** Which weights to take where a model has several. */
export type WeightsChoice = 'checkpoint' | 'onnx';

/** What only those know who chose the model: where it came from, and how it is to be run. */
export interface ModelOrigin {
  readonly id?: string | undefined;
  readonly aliases?: readonly string[] | undefined;
  readonly revision?: string | undefined;
  readonly license?: string | undefined;
  readonly weights?: WeightsChoice | undefined;
}

/** What a configuration describes; refuses what isn't a CLIP, or uses what isn't supported. */
export function describeConfig({ name, config }: Layout, value: unknown): ModelDescription {
  return (name === 'open_clip' ? describeOpenClip : describeTransformers)(value, config);
}

const DTYPES: Readonly<Record<string, string>> = { F32: 'fp32', F16: 'fp16', BF16: 'bf16' };

/** The type in which the weights are stored. */
function dtypeOf(checkpoint: Checkpoint | undefined): string | undefined {
  const matrix = [...(checkpoint?.values() ?? [])].find(
    ({ shape, dtype }) => shape.length === 2 && dtype in DTYPES,
  );
  return matrix && DTYPES[matrix.dtype];
}

const TOWERS = {
  text: {
    input: 'input_ids',
    output: 'text_embeds',
    states: STATES,
    probes: ['text_model.embeddings.token_embedding.weight'],
  },
  vision: {
    input: 'pixel_values',
    output: 'image_embeds',
    probes: ['vision_model.embeddings.patch_embedding.weight', 'vision_model.stem.0.conv_kxk.0.conv.weight'],
  },
} as const;

/** A model of a folder without a manifest: from its configuration, its tokenizer's files and its weights. */
async function derive(folder: string, origin: ModelOrigin): Promise<Model> {
  const has = (file: string): boolean => existsSync(path.join(folder, file));
  const layout = findLayout(has);
  if (layout === undefined) {
    const message =
      'The folder holds no model: neither clipgraph.json, config.json, open_clip_config.json, 0_CLIPModel/config.json nor text_encoder/config.json.';
    throw new ClipgraphError('MODEL_UNAVAILABLE', message);
  }
  const config = await readJson(folder, path.posix.join(layout.folder, layout.config));
  const sentences = await describeSentences(folder, layout, config);
  const described = sentences?.described ?? describeConfig(layout, config);
  const projection = sentences?.projection;
  const weights = findWeights(layout, has);
  const checkpoint = weights === undefined ? undefined : await openCheckpoint(folder, weights, projection);
  const towerOf = (kind: 'text' | 'vision') => {
    const { probes, ...names } = TOWERS[kind];
    const graph = findGraph(layout, kind, has);
    const isStored = probes.some((probe) => checkpoint?.has(probe) === true);
    if (isStored && (origin.weights !== 'onnx' || graph === undefined)) return names;
    return graph === undefined ? undefined : { ...names, graph };
  };
  const [text, image] = [towerOf('text'), towerOf('vision')];
  if (text === undefined && image === undefined) {
    const message =
      'The model has no towers of a CLIP: neither model.safetensors or pytorch_model.bin with them, nor onnx/text_model.onnx or onnx/vision_model.onnx.';
    throw new ClipgraphError('MODEL_UNAVAILABLE', message);
  }
  const dimensions = dimensionsOf(checkpoint) ?? described.projection;
  // Never the configuration's initial value: that is where training began.
  const scalarOf = async (name: string) => checkpoint && (await readScalar(folder, checkpoint, name));
  const [logitScale, logitBias] = [await scalarOf('logit_scale'), await scalarOf('logit_bias')];
  const tokenizer = text && (await describeTokenizer(folder, layout, described));
  const preparation = image && (await readPreparation(folder, layout, described.imageSize));
  const manifest = check(
    manifestSchema,
    {
      id: origin.id ?? nameOf(folder),
      aliases: origin.aliases,
      revision: origin.revision,
      license: origin.license ?? (await readLicense(folder)),
      description: descriptionOf(dimensions, text !== undefined, image !== undefined),
      architecture: described.architecture,
      dimensions,
      contextLength: described.contextLength,
      imageSize: described.imageSize,
      towers: { text, image },
      weights: [text, image].some((tower) => tower !== undefined && !('graph' in tower))
        ? weights
        : undefined,
      projection,
      encoders: described.encoders,
      ...tokenizer,
      preparation: preparation ?? described.preparation,
      logitScale: logitScale === undefined ? undefined : Math.exp(logitScale),
      logitBias,
      scoring: described.scoring,
      dtype: dtypeOf(checkpoint),
    },
    'files',
  );
  return new Model(folder, manifest, manifest.weights === undefined ? undefined : checkpoint);
}

/** A model is called as its folder is, without what can't be shown. */
function nameOf(folder: string): string {
  const name = path.basename(path.resolve(folder)).replace(/\p{C}/gu, ' ').trim();
  return name === '' ? 'model' : name;
}

/** Numbers in an embedding, by the projections that are there; those of a tower without one are its width. */
function dimensionsOf(checkpoint: Checkpoint | undefined): number | undefined {
  const projection = ['text_projection.weight', 'text_projection.2.weight', 'visual_projection.weight']
    .map((name) => checkpoint?.get(name))
    .find((tensor) => tensor !== undefined);
  if (projection !== undefined) return projection.shape[projection.isTransposed === true ? 1 : 0];
  const norm =
    checkpoint?.get('text_model.final_layer_norm.weight') ??
    checkpoint?.get('vision_model.post_layernorm.weight');
  return norm?.shape[0];
}

function descriptionOf(dimensions: number, isText: boolean, isImage: boolean): string {
  const reads = isText && isImage ? 'texts and pictures' : isText ? 'texts only' : 'pictures only';
  return `A CLIP that reads ${reads}; embeddings of ${dimensions} numbers.`;
}

/**
 * Opens a model's folder: by its `clipgraph.json`, or by its own configuration, tokenizer and weights as transformers,
 * sentence-transformers, diffusers and open_clip lay them out, or with ONNX exports.
 *
 * @throws MODEL_UNAVAILABLE that says which file is missing or wrong, or what is not supported
 */
export async function openFolder(folder: string, origin: ModelOrigin = {}): Promise<Model> {
  await access(folder, constants.X_OK).catch((cause: unknown) => {
    throw readError(folder, cause);
  });
  if (!existsSync(path.join(folder, MANIFEST))) return derive(folder, origin);
  return new Model(folder, check(manifestSchema, await readJson(folder, MANIFEST), MANIFEST));
}

/**
 * The files that a `clipgraph.json` names.
 *
 * @throws MODEL_UNAVAILABLE when it is wrong
 */
export function readManifestFiles(value: unknown): string[] {
  const { towers, tokenizer, weights, projection } = check(manifestSchema, value, MANIFEST);
  const files = [
    towers.text?.graph,
    towers.image?.graph,
    weights,
    projection,
    ...Object.values(tokenizer ?? {}),
  ];
  return files.filter((file) => file !== undefined);
}
