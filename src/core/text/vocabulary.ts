import { ClipgraphError } from '../../errors/index.js';
import { atOnce, type Steps } from '../steps.js';
import { BYTE_CHARACTERS } from './byte-alphabet.js';
import { Merges } from './merges.js';

/** What a merge makes of two neighbouring tokens; the lower the rank, the earlier it is applied. */
export interface Merge {
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
  /** Bytes of the longest token that merges form, or more. */
  readonly longest: number;
  /** Whether some token holds these two bytes side by side: where none does, no merge reaches across. */
  readonly meet: (left: number, right: number) => boolean;
}

export const START_MARKER = '<|startoftext|>';
export const END_MARKER = '<|endoftext|>';

/** Ids are below this: places of a table. */
const MAX_ID = 2 ** 24;
/** Tokens or merges that are read in one step. */
const A_STEP = 2048;

function damaged(what: string, cause?: unknown): ClipgraphError {
  return new ClipgraphError('MODEL_UNAVAILABLE', `The tokenizer's ${what}.`, { cause });
}

/**
 * Reads the two files of a CLIP tokenizer.
 *
 * @param vocabulary the text of `vocab.json`: token to id
 * @param merges the text of `merges.txt`: a version line, then `left right` a line, in order of rank
 * @throws MODEL_UNAVAILABLE when the files are damaged or don't belong together
 */
export function parseVocabulary(vocabulary: string, merges: string): Vocabulary {
  return atOnce(vocabularyInSteps(parseJson(vocabulary, 'vocab.json'), parseMerges(merges)));
}

/** The merges of a `merges.txt`, `left right` each, in order of rank. */
export function parseMerges(text: string): string[] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/**
 * Reads the one file that holds the same: `tokenizer.json`, in its older form (merges as strings) or its newer one
 * (merges as pairs). Its pipeline is CLIP's and is not read.
 *
 * @throws MODEL_UNAVAILABLE when it is damaged, or not of a byte-level BPE
 */
export function parseTokenizerJson(text: string): Vocabulary {
  return atOnce(tokenizerJsonInSteps(parseJson(text, 'tokenizer.json')));
}

/** The same from the value that the file holds, in steps. */
export function* tokenizerJsonInSteps(value: unknown): Steps<Vocabulary> {
  const { model } = (value ?? {}) as { model?: { vocab?: unknown; merges?: unknown } | null };
  const { vocab, merges } = model ?? {};
  if (!isObject(vocab) || !Array.isArray(merges))
    throw damaged('tokenizer.json holds no BPE: it needs model.vocab and model.merges');
  return yield* vocabularyInSteps(vocab, merges);
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The tokens of a vocabulary by their ids, and the other way. */
interface Pieces {
  readonly ids: ReadonlyMap<string, number>;
  readonly pieces: readonly string[];
}

/** The tokens, their ids checked: whole numbers, each given once. */
function* piecesOf(vocabulary: unknown): Steps<Pieces> {
  if (!isObject(vocabulary)) throw damaged('vocabulary is no object of tokens and their ids');
  const ids = new Map<string, number>();
  const pieces: string[] = [];
  for (const piece of Object.keys(vocabulary)) {
    const id = (vocabulary as Record<string, unknown>)[piece];
    if (ids.size % A_STEP === A_STEP - 1) yield;
    if (!Number.isInteger(id) || Number(id) < 0 || Number(id) >= MAX_ID)
      throw damaged(
        `vocabulary has ${JSON.stringify(id)} as the id of "${piece}"; ids are whole numbers from 0`,
      );
    if ((pieces as (string | undefined)[])[id as number] !== undefined)
      throw damaged('vocabulary gives two tokens the same id');
    ids.set(piece, id as number);
    pieces[id as number] = piece;
  }
  return { ids, pieces };
}

/** The two tokens of a merge. */
function partsOf(merge: unknown, rank: number): readonly [string, string] {
  if (typeof merge === 'string') {
    const space = merge.indexOf(' ');
    if (space >= 0 && !merge.includes(' ', space + 1)) return [merge.slice(0, space), merge.slice(space + 1)];
  } else if (Array.isArray(merge) && merge.length === 2) {
    const [left, right] = merge as readonly unknown[];
    if (typeof left === 'string' && typeof right === 'string') return [left, right];
  }
  throw damaged(`merge ${rank + 1} is not two tokens`);
}

/**
 * A vocabulary from its parts, in steps of a few milliseconds: CLIP's 49,408 tokens take some 100.
 *
 * @param vocabulary token to id
 * @param merges `[left, right]` or `left right`, in order of rank
 * @throws MODEL_UNAVAILABLE when they are damaged or don't belong together
 */
export function* vocabularyInSteps(vocabulary: unknown, merges: readonly unknown[]): Steps<Vocabulary> {
  const { ids, pieces } = yield* piecesOf(vocabulary);
  yield;
  const idOf = (piece: string): number => {
    const id = ids.get(piece);
    if (id === undefined) throw damaged(`vocabulary lacks "${piece}", which its merges form or CLIP needs`);
    return id;
  };
  // Most often what the next merge makes has the next id: comparing it is cheaper than looking a new string up.
  let guess = 0;
  const idOfMade = (left: string, right: string): number => {
    const next = (pieces as readonly (string | undefined)[])[++guess];
    const isNext =
      next?.length === left.length + right.length && next.startsWith(left) && next.endsWith(right);
    if (!isNext) guess = idOf(left + right);
    return guess;
  };
  const pairs = new Merges(merges.length);
  const made: string[] = [];
  for (const [rank, merge] of merges.entries()) {
    if (rank % A_STEP === A_STEP - 1) yield;
    const [left, right] = partsOf(merge, rank);
    const [leftId, rightId] = [idOf(left), idOf(right)];
    if (pairs.find(leftId, rightId) >= 0) continue;
    const id = idOfMade(left, right);
    pairs.set(leftId, rightId, rank, id);
    made.push(pieces[id]);
  }
  return {
    pieces,
    startId: idOf(START_MARKER),
    endId: idOf(END_MARKER),
    byteIds: BYTE_CHARACTERS.map(idOf),
    lastByteIds: BYTE_CHARACTERS.map((character) => idOf(`${character}</w>`)),
    merge: (left, right) => {
      const slot = pairs.find(left, right);
      return slot < 0 ? undefined : { rank: pairs.rankAt(slot), id: pairs.madeAt(slot) };
    },
    longest: made.reduce((longest, { length }) => Math.max(longest, length), 1),
    meet: yield* neighboursIn(made),
  };
}

/** Which bytes stand side by side in one of the pieces. An end's `</w>` is read as bytes, too: better one pair too many. */
function* neighboursIn(merged: readonly string[]): Steps<Vocabulary['meet']> {
  const byteOf = new Uint8Array(2 ** 16);
  for (const [byte, character] of BYTE_CHARACTERS.entries()) byteOf[character.charCodeAt(0)] = byte;
  const meet = new Uint8Array(256 * 256);
  for (const [at, piece] of merged.entries()) {
    if (at % A_STEP === 0) yield;
    let last = byteOf[piece.charCodeAt(0)];
    for (let i = 1; i < piece.length; i++) {
      const byte = byteOf[piece.charCodeAt(i)];
      meet[last * 256 + byte] = 1;
      last = byte;
    }
  }
  return (left, right) => meet[left * 256 + right] === 1;
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged(`${name} is not JSON`, cause);
  }
}
