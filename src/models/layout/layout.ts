import path from 'node:path';
import { WEIGHT_FILES } from '../checkpoint/weights.js';

/** How the files of a model are arranged. Paths are relative to the model's folder, with slashes. */
export interface Layout {
  readonly name: 'transformers' | 'sentence-transformers' | 'diffusers' | 'open_clip';
  /** The folder of the configuration and the weights; '' is the model's own. */
  readonly folder: string;
  /** The folders in which the tokenizer's files may be, the preferred first. */
  readonly tokenizers: readonly string[];
  readonly config: string;
  /** Names of the checkpoint, or of the index of its shards; the preferred first. */
  readonly weights: readonly string[];
}

/** Where transformers keeps how pictures are prepared; the first one wins where it speaks of pictures. */
export const PREPROCESSOR_FILES = ['processor_config.json', 'preprocessor_config.json'] as const;

const OPEN_CLIP_WEIGHTS = ['open_clip_model.safetensors', 'open_clip_pytorch_model.bin'];
const weights = WEIGHT_FILES;

const LAYOUTS: readonly Layout[] = [
  { name: 'transformers', folder: '', tokenizers: [''], config: 'config.json', weights },
  ...['0_CLIPModel', '0_Transformer'].map((folder) => ({
    name: 'sentence-transformers' as const,
    folder,
    tokenizers: [folder, ''],
    config: 'config.json',
    weights,
  })),
  { name: 'diffusers', folder: 'text_encoder', tokenizers: ['tokenizer'], config: 'config.json', weights },
  {
    name: 'open_clip',
    folder: '',
    tokenizers: [''],
    config: 'open_clip_config.json',
    weights: [...OPEN_CLIP_WEIGHTS, ...WEIGHT_FILES.filter((name) => !OPEN_CLIP_WEIGHTS.includes(name))],
  },
];

/** The first layout whose configuration is there, and whose weights are, if that is so for any. */
export function findLayout(has: (file: string) => boolean): Layout | undefined {
  const found = LAYOUTS.filter(({ folder, config }) => has(path.posix.join(folder, config)));
  // Beside open_clip's files, timm has a config.json of its own, which says nothing of a CLIP.
  const isTimm = OPEN_CLIP_WEIGHTS.some(has) && !PREPROCESSOR_FILES.some(has);
  const isUsable = (layout: Layout): boolean =>
    !(isTimm && layout.name === 'transformers' && found.some(({ name }) => name === 'open_clip')) &&
    (findWeights(layout, has) !== undefined ||
      findGraph(layout, 'text', has) !== undefined ||
      findGraph(layout, 'vision', has) !== undefined);
  return found.find(isUsable) ?? found.at(0);
}

/** The file of a checkpoint, or the index of its shards. */
export function findWeights(
  { folder, weights: names }: Pick<Layout, 'folder' | 'weights'>,
  has: (file: string) => boolean,
): string | undefined {
  return names.map((name) => path.posix.join(folder, name)).find(has);
}

/** What CLIP's tokenizer can be read from: its two files, or the one that holds both. */
export type ClipTokenizerFiles =
  { readonly vocabulary: string; readonly merges: string } | { readonly json: string };

/**
 * The files that the reference reads: transformers' fast tokenizers, the only ones since its version 5, take
 * `tokenizer.json` wherever it is there; open_clip has a tokenizer of its own, whose files are the two.
 */
export function findClipTokenizer(
  { name: layout, tokenizers }: Pick<Layout, 'name' | 'tokenizers'>,
  has: (file: string) => boolean,
): ClipTokenizerFiles | undefined {
  const isJsonFirst = layout !== 'open_clip';
  for (const folder of tokenizers) {
    const [vocabulary, merges, json] = ['vocab.json', 'merges.txt', 'tokenizer.json'].map((name) =>
      path.posix.join(folder, name),
    );
    const isPair = has(vocabulary) && has(merges);
    if (has(json) && (isJsonFirst || !isPair)) return { json };
    if (isPair) return { vocabulary, merges };
  }
  return undefined;
}

/** Vocabularies of other tokenizers than CLIP's, any of which may be the one that `tokenizer_config.json` asks for. */
const VOCABULARIES = ['tokenizer.json', 'vocab.txt', 'spiece.model', 'sentencepiece.bpe.model'];

/** Where a tokenizer's files are, of whatever kind; undefined where there is none. */
export function findTokenizerFolder(
  { tokenizers }: Pick<Layout, 'tokenizers'>,
  has: (file: string) => boolean,
): string | undefined {
  return tokenizers.find((folder) => {
    const isHere = (name: string): boolean => has(path.posix.join(folder, name));
    return VOCABULARIES.some(isHere) || (isHere('vocab.json') && isHere('merges.txt'));
  });
}

/**
 * All files that a tokenizer may be read from, for whoever cannot look into them yet. Of CLIP's, those that are read: beside
 * them, other vocabularies are no more than another way to write them.
 */
export function findTokenizerFiles(
  layout: Pick<Layout, 'name' | 'tokenizers'>,
  has: (file: string) => boolean,
): string[] {
  const folder = findTokenizerFolder(layout, has);
  if (folder === undefined) return [];
  const clips = Object.values((findClipTokenizer(layout, has) ?? {}) as Readonly<Record<string, string>>);
  const others = VOCABULARIES.map((name) => path.posix.join(folder, name)).filter(has);
  return [...new Set([...clips, ...others])];
}

/** Where split ONNX exports lie. */
export function findGraph(
  { folder }: Layout,
  kind: 'text' | 'vision',
  has: (file: string) => boolean,
): string | undefined {
  const name = `${kind}_model.onnx`;
  return [path.posix.join(folder, 'onnx', name), path.posix.join(folder, name)].find(has);
}

/** Where an export keeps its weights when they are not in the graph's own file. */
export function externalDataOf(graph: string): string[] {
  return [`${graph}_data`, `${graph}.data`];
}
