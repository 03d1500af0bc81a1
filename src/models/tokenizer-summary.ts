import type { Manifest } from './manifest.js';
import { wordsOf, type Words } from './words.js';

/** What cuts words, by the file that it is read from. */
function kindOf(tokenizer: NonNullable<Manifest['tokenizer']>, words: Words | undefined): string {
  if (words === undefined) return "CLIP's BPE";
  if ('wordPiece' in tokenizer) return "BERT's WordPiece";
  if ('sentencePiece' in tokenizer) {
    if (words.sentencePiece.fairseq === true) return "XLM-R's sentencepiece";
    return words.sentencePiece.canonical ? "SigLIP's sentencepiece" : 'sentencepiece';
  }
  return 'the pipeline that the file states';
}

const around = (what: string, pieces: readonly string[]): string =>
  pieces.length === 0 ? `nothing ${what}` : `${pieces.join(' ')} ${what}`;

/** How a model's texts become tokens, in words: the tokenizer, its files, and what is done beside them. */
export function summarizeTokenizer(manifest: Manifest): string | undefined {
  const { tokenizer, padding, contextLength } = manifest;
  if (tokenizer === undefined) return undefined;
  const words = wordsOf(manifest);
  const lowerCase =
    'wordPiece' in tokenizer ? (words?.bert.lowerCase ? 'always' : 'never') : words?.lowerCase;
  const parts = [
    `${kindOf(tokenizer, words)} (${Object.values(tokenizer).join(', ')})`,
    lowerCase === undefined || lowerCase === 'never'
      ? undefined
      : lowerCase === 'always'
        ? 'lower case'
        : 'lower case unless strict',
    words === undefined || words.cleaning === 'none' ? undefined : `open_clip's cleaning ${words.cleaning}`,
    words?.prefix && around('before', words.prefix),
    words?.suffix && around('behind', words.suffix),
    padding.to === 'context'
      ? `filled up to ${contextLength} with ${padding.id}`
      : `filled up to the longest of a batch with ${padding.id}`,
  ];
  return parts.filter((part) => part !== undefined).join('; ');
}
