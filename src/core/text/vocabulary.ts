import { ClipgraphError } from '../../errors/index.js';
import { BYTE_CHARACTERS } from './byte-alphabet.js';

/** What a merge makes of two neighbouring tokens; the lower the rank, the earlier it is applied. */
interface Merge {
  readonly rank: number;
  readonly id: number;
}

/** The tokens of a byte-level BPE and the merges that form them. */
export interface Vocabulary {
  /** The token of each byte, inside a word and at its end. */
  readonly byteIds: readonly number[];
  readonly lastByteIds: readonly number[];
  /** The token of each id. */
  readonly pieces: readonly string[];
  readonly startId: number;
  readonly endId: number;
  readonly merge: (left: number, right: number) => Merge | undefined;
  /** Whether some token holds these two bytes side by side: where none does, no merge reaches across. */
  readonly meet: (left: number, right: number) => boolean;
}

export const START_MARKER = '<|startoftext|>';
export const END_MARKER = '<|endoftext|>';

/**
 * Reads the two files of a CLIP tokenizer.
 *
 * @param vocabulary the text of `vocab.json`: token to id
 * @param merges the text of `merges.txt`: a version line, then `left right` a line, in order of rank
 * @throws MODEL_UNAVAILABLE when the files are damaged or don't belong together
 */
export function parseVocabulary(vocabulary: string, merges: string): Vocabulary {
  const pairs = merges
    .split('\n')
    .slice(1)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => line.split(' '));
  return buildVocabulary(parseJson(vocabulary, 'vocab.json'), pairs);
}

/**
 * Reads the one file that holds the same: `tokenizer.json`, in its older form (merges as strings) or its newer one
 * (merges as pairs). Its pipeline is CLIP's and is not read.
 *
 * @throws MODEL_UNAVAILABLE when it is damaged, or not of a byte-level BPE
 */
export function parseTokenizerJson(text: string): Vocabulary {
  const { model } = parseJson(text, 'tokenizer.json') as {
    model?: { type?: unknown; vocab?: unknown; merges?: unknown };
  };
  const { vocab, merges } = model ?? {};
  if (typeof vocab !== 'object' || vocab === null || !Array.isArray(merges)) {
    throw new ClipgraphError(
      'MODEL_UNAVAILABLE',
      "The tokenizer's tokenizer.json holds no BPE: it needs model.vocab and model.merges.",
    );
  }
  const pairs = (merges as (string | string[])[]).map((merge) =>
    typeof merge === 'string' ? merge.split(' ') : merge,
  );
  return buildVocabulary(vocab, pairs);
}

function buildVocabulary(vocabulary: object, merges: readonly (readonly string[])[]): Vocabulary {
  const ids = new Map(Object.entries(vocabulary) as [string, number][]);
  const pieces: string[] = [];
  for (const [piece, id] of ids) pieces[id] = piece;

  const idOf = (piece: string): number => {
    const id = ids.get(piece);
    if (id === undefined) {
      throw new ClipgraphError(
        'MODEL_UNAVAILABLE',
        `The tokenizer's vocabulary lacks "${piece}", which its merges form or CLIP needs.`,
      );
    }
    return id;
  };
  const pairs = new Map<number, Merge>();
  const pairKey = (left: number, right: number): number => left * pieces.length + right;
  for (const [rank, [left, right]] of merges.entries()) {
    const key = pairKey(idOf(left), idOf(right));
    if (!pairs.has(key)) pairs.set(key, { rank, id: idOf(left + right) });
  }
  return {
    pieces,
    startId: idOf(START_MARKER),
    endId: idOf(END_MARKER),
    byteIds: BYTE_CHARACTERS.map(idOf),
    lastByteIds: BYTE_CHARACTERS.map((character) => idOf(`${character}</w>`)),
    merge: (left, right) => pairs.get(pairKey(left, right)),
    meet: neighboursIn(Array.from(pairs.values(), ({ id }) => pieces[id])),
  };
}

/** Which bytes stand side by side in one of the pieces. An end's `</w>` is read as bytes, too: better one pair too many. */
function neighboursIn(merged: readonly string[]): (left: number, right: number) => boolean {
  const byteOf = new Map(BYTE_CHARACTERS.map((character, byte) => [character, byte]));
  const meet = new Uint8Array(256 * 256);
  for (const piece of merged) {
    const bytes = Array.from(piece, (character) => byteOf.get(character) ?? 0);
    for (let i = 1; i < bytes.length; i++) meet[bytes[i - 1] * 256 + bytes[i]] = 1;
  }
  return (left, right) => meet[left * 256 + right] === 1;
}

function parseJson(text: string, name: string): object {
  try {
    return JSON.parse(text) as object;
  } catch (cause) {
    throw new ClipgraphError('MODEL_UNAVAILABLE', `The tokenizer's ${name} is not JSON.`, { cause });
  }
}
