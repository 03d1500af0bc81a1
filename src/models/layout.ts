import path from 'node:path';

/** How the files of a model are arranged. Paths are relative to the model's folder, with slashes. */
export interface Layout {
  readonly name: 'transformers' | 'sentence-transformers' | 'diffusers' | 'open_clip';
  /** The folder of the configuration and the weights; '' is the model's own. */
  readonly folder: string;
  /** The folders in which the tokenizer's files may be, the preferred first. */
  readonly tokenizers: readonly string[];
  readonly config: string;
}

const LAYOUTS: readonly Layout[] = [
  { name: 'transformers', folder: '', tokenizers: [''], config: 'config.json' },
  ...['0_CLIPModel', '0_Transformer'].map((folder) => ({
    name: 'sentence-transformers' as const,
    folder,
    tokenizers: [folder, ''],
    config: 'config.json',
  })),
  { name: 'diffusers', folder: 'text_encoder', tokenizers: ['tokenizer'], config: 'config.json' },
  { name: 'open_clip', folder: '', tokenizers: [''], config: 'open_clip_config.json' },
];

/** The configuration files by which a layout is known. */
export const CONFIG_FILES: readonly string[] = LAYOUTS.map(({ folder, config }) =>
  path.posix.join(folder, config),
);

export function findLayout(has: (file: string) => boolean): Layout | undefined {
  return LAYOUTS.find(({ folder, config }) => has(path.posix.join(folder, config)));
}

/** What a tokenizer can be read from: CLIP's two files, or the one that holds both. */
export type TokenizerFiles =
  { readonly vocabulary: string; readonly merges: string } | { readonly json: string };

export function findTokenizer(
  { tokenizers }: Layout,
  has: (file: string) => boolean,
): TokenizerFiles | undefined {
  for (const folder of tokenizers) {
    const [vocabulary, merges, json] = ['vocab.json', 'merges.txt', 'tokenizer.json'].map((name) =>
      path.posix.join(folder, name),
    );
    if (has(vocabulary) && has(merges)) return { vocabulary, merges };
    if (has(json)) return { json };
  }
  return undefined;
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
