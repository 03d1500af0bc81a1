import path from 'node:path';
import type { WeightsChoice } from '../layout/folder.js';
import {
  externalDataOf,
  findGraph,
  findLayout,
  findTokenizerFiles,
  findTokenizerFolder,
  findWeights,
  PREPROCESSOR_FILES,
  type Layout,
} from '../layout/layout.js';
import { MODULES } from '../layout/sentence-transformers.js';
import { isPickled, WEIGHT_FILES } from '../checkpoint/weights.js';

/** What of a repository is needed. */
export interface Choice {
  readonly layout: Layout;
  readonly config: string;
  /** The checkpoint, or the index of its shards; undefined where the graphs are ONNX exports. */
  readonly weights: string | undefined;
  /** The other files. */
  readonly files: readonly string[];
  readonly isPickled: boolean;
}

/** Small files that say how contents are prepared. */
const SETTINGS = PREPROCESSOR_FILES;
/** What sentence-transformers puts behind a model of texts. */
const MODULE = /^\d+_(Pooling|Dense)\/config\.json$/;

/** The files of its modules: each one's settings, and the weights of a dense layer. */
function moduleFiles(files: readonly string[], has: (file: string) => boolean): string[] {
  if (!has(MODULES)) return [];
  const settings = files.filter((file) => MODULE.test(file));
  const layers = settings.filter((file) => file.includes('_Dense/')).map((file) => path.posix.dirname(file));
  const weights = layers.map((folder) => WEIGHT_FILES.map((name) => `${folder}/${name}`).find(has));
  return [MODULES, ...settings, ...weights.filter((file) => file !== undefined)];
}

const TOKENIZER_SETTINGS = [
  'special_tokens_map.json',
  'tokenizer_config.json',
  'added_tokens.json',
  'sentence_bert_config.json',
];

/**
 * The files of a repository that a model needs.
 *
 * @param prefers what is taken where there are both
 * @returns undefined when it holds no model
 */
export function chooseFiles(files: readonly string[], prefers: WeightsChoice): Choice | undefined {
  const all = new Set(files);
  const has = (file: string): boolean => all.has(file);
  const layout = findLayout(has);
  if (layout === undefined) return undefined;
  const here = (name: string): string => path.posix.join(layout.folder, name);
  const weights = findWeights(layout, has);
  const graphs = (['text', 'vision'] as const)
    .map((kind) => findGraph(layout, kind, has))
    .filter((file) => file !== undefined);
  if (weights === undefined && graphs.length === 0) return undefined;
  const isOnnx = graphs.length > 0 && (prefers === 'onnx' || weights === undefined);
  const tokenizerFiles = findTokenizerFiles(layout, has);
  const tokenizerFolder = findTokenizerFolder(layout, has) ?? layout.folder;
  const external = graphs.flatMap(externalDataOf);
  const optional = [
    ...SETTINGS.map(here),
    ...TOKENIZER_SETTINGS.map((name) => path.posix.join(tokenizerFolder, name)),
    ...(isOnnx ? external : []),
  ];
  const chosen = isOnnx ? undefined : weights;
  return {
    layout,
    config: here(layout.config),
    weights: chosen,
    files: [
      ...tokenizerFiles,
      ...optional.filter(has),
      ...(isOnnx ? graphs : []),
      ...(layout.name === 'transformers' ? moduleFiles(files, has) : []),
    ],
    isPickled: chosen !== undefined && isPickled(chosen),
  };
}
