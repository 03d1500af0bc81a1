import { existsSync } from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';
import { ClipgraphError } from '../../../errors/index.js';
import type { manifestSchema } from '../../manifest.js';
import type { ModelDescription } from '../../../encoders/index.js';
import { findClipTokenizer, findTokenizerFolder, type Layout } from '../layout.js';
import { readTokenizerSettings } from '../tokenizer.js';
import { readWords } from './read-words.js';
import { isClipsClass, readTokenizerClass } from './tokenizer-config.js';

/** What a manifest says of how texts become tokens, and of the tokens that the model reads. */
export type DescribedTokenizer = Pick<
  z.input<typeof manifestSchema>,
  'tokenizer' | 'words' | 'addedTokens' | 'padding' | 'contextLength'
>;

type Described = Pick<ModelDescription, 'contextLength' | 'words' | 'padding'>;

/**
 * What a model's files say of its tokenizer: CLIP's where its family has that and the files don't say another, else the one that
 * they state.
 *
 * @throws MODEL_UNAVAILABLE where there is none, or one that is not supported
 */
export async function describeTokenizer(
  folder: string,
  layout: Pick<Layout, 'name' | 'tokenizers'>,
  described: Described,
): Promise<DescribedTokenizer> {
  const has = (file: string): boolean => existsSync(path.join(folder, file));
  const at = findTokenizerFolder(layout, has);
  if (at === undefined)
    throw new ClipgraphError(
      'MODEL_UNAVAILABLE',
      'The model has no tokenizer: neither vocab.json with merges.txt, tokenizer.json, vocab.txt, spiece.model nor sentencepiece.bpe.model.',
    );
  const clips = findClipTokenizer(layout, has);
  const isClips =
    described.words === undefined &&
    clips !== undefined &&
    isClipsClass(await readTokenizerClass(folder, path.posix.dirname(Object.values(clips)[0])));
  const { maxLength, padding, ...stated } = isClips
    ? await readClips(folder, clips, described)
    : await readWords(folder, at, described.words);
  const fill = { ...(padding !== undefined && { id: padding }), ...described.padding };
  return {
    ...stated,
    contextLength: Math.min(described.contextLength, maxLength ?? Infinity),
    ...(Object.keys(fill).length > 0 && { padding: fill }),
  };
}

async function readClips(
  folder: string,
  tokenizer: NonNullable<ReturnType<typeof findClipTokenizer>>,
  { contextLength }: Described,
) {
  const { added, padding, maxLength } = await readTokenizerSettings(folder, tokenizer, contextLength);
  return { tokenizer, addedTokens: added, padding, maxLength };
}
