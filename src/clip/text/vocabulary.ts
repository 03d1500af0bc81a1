import { ClipgraphError } from '../../errors/index.js';

/** What a merge makes of two neighbouring tokens; the lower the rank, the earlier it is applied. */
interface Merge {
  readonly rank: number;
  readonly id: number;
}

/** The tokens of a byte-level BPE and the merges that form them. */
export interface Vocabulary {
  readonly ids: ReadonlyMap<string, number>;
  /** The token of each id. */
  readonly pieces: readonly string[];
  readonly startId: number;
  readonly endId: number;
  readonly merge: (left: number, right: number) => Merge | undefined;
}

export const START_MARKER = '<|startoftext|>';
export const END_MARKER = '<|endoftext|>';

/**
 * Reads the two files of a CLIP tokenizer.
 *
 * @param vocabulary the text of `vocab.json`: token to id
 * @param merges the text of `merges.txt`: a version line, then `left right` a line, in order of rank
 * @throws MODEL_UNAVAILABLE when the files don't belong together
 */
export function parseVocabulary(vocabulary: string, merges: string): Vocabulary {
  const ids = new Map(Object.entries(parseJsonObject(vocabulary)));
  const pieces: string[] = [];
  for (const [piece, id] of ids) pieces[id] = piece;

  const idOf = (piece: string): number => {
    const id = ids.get(piece);
    if (id === undefined) {
      throw new ClipgraphError(
        'MODEL_UNAVAILABLE',
        `The tokenizer's vocabulary lacks "${piece}", which its merges form.`,
      );
    }
    return id;
  };
  const pairs = new Map<number, Merge>();
  const pairKey = (left: number, right: number): number => left * pieces.length + right;
  const lines = merges
    .split('\n')
    .slice(1)
    .filter((line) => line !== '');
  for (const [rank, line] of lines.entries()) {
    const [left, right] = line.split(' ');
    const key = pairKey(idOf(left), idOf(right));
    if (!pairs.has(key)) pairs.set(key, { rank, id: idOf(left + right) });
  }
  return {
    ids,
    pieces,
    startId: idOf(START_MARKER),
    endId: idOf(END_MARKER),
    merge: (left, right) => pairs.get(pairKey(left, right)),
  };
}

function parseJsonObject(text: string): Record<string, number> {
  try {
    return JSON.parse(text) as Record<string, number>;
  } catch (cause) {
    throw new ClipgraphError('MODEL_UNAVAILABLE', "The tokenizer's vocab.json is not JSON.", { cause });
  }
}
