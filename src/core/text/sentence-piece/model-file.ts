import { ClipgraphError } from '../../../errors/index.js';
import { fields } from './protobuf.js';

/** What a piece is. Source: sentencepiece_model.proto, `SentencePiece.Type`. */
export type PieceKind = 'normal' | 'unknown' | 'control' | 'user-defined' | 'unused' | 'byte';

/** A trained model of sentencepiece, as far as cutting texts needs it. */
export interface SentencePieceFile {
  readonly pieces: readonly { readonly piece: string; readonly score: number; readonly kind: PieceKind }[];
  readonly unknown: number;
  readonly byteFallback: boolean;
  /** The compiled map of characters; empty for none. */
  readonly map: Uint8Array;
  readonly addsDummyPrefix: boolean;
  readonly removesExtraSpaces: boolean;
}

const KINDS: Readonly<Partial<Record<number, PieceKind>>> = {
  1: 'normal',
  2: 'unknown',
  3: 'control',
  4: 'user-defined',
  5: 'unused',
  6: 'byte',
};
const UNIGRAM = 1;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function refused(what: string): ClipgraphError {
  return new ClipgraphError('MODEL_UNAVAILABLE', `The tokenizer's sentencepiece model ${what}.`);
}

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw refused('has a piece that is not UTF-8');
  }
}

function readPiece(bytes: Uint8Array): SentencePieceFile['pieces'][number] {
  let [piece, score, type] = ['', 0, 1];
  for (const { field, bytes: value, number } of fields(bytes)) {
    if (field === 1) piece = textOf(value);
    if (field === 2) score = number;
    if (field === 3) type = number;
  }
  const kind = KINDS[type];
  if (kind === undefined) throw refused(`has a piece of the unknown type ${type}`);
  if (piece === '') throw refused('has an empty piece');
  if (!Number.isFinite(score)) throw refused('has a piece whose score is no number');
  return { piece, score, kind };
}

/**
 * Reads a `spiece.model`: a message of protobuf. Source: sentencepiece 0.2.1, sentencepiece_model.proto.
 *
 * @throws MODEL_UNAVAILABLE when it is damaged, or what it states is not supported
 */
export function parseSentencePiece(bytes: Uint8Array): SentencePieceFile {
  const pieces: SentencePieceFile['pieces'][number][] = [];
  let [unknown, byteFallback, isSuffix, type] = [0, false, false, UNIGRAM];
  let map = new Uint8Array();
  let [addsDummyPrefix, removesExtraSpaces, escapes] = [true, true, true];
  for (const { field, bytes: value } of fields(bytes)) {
    if (field === 1) pieces.push(readPiece(value));
    if (field === 2)
      for (const { field: own, number } of fields(value)) {
        if (own === 3) type = number;
        if (own === 24) isSuffix = number !== 0;
        if (own === 35) byteFallback = number !== 0;
        if (own === 40) unknown = number;
      }
    if (field === 3)
      for (const { field: own, bytes: inner, number } of fields(value)) {
        if (own === 2) map = Uint8Array.from(inner);
        if (own === 3) addsDummyPrefix = number !== 0;
        if (own === 4) removesExtraSpaces = number !== 0;
        if (own === 5) escapes = number !== 0;
      }
  }
  if (pieces.length === 0) throw refused('has no pieces');
  if (type !== UNIGRAM) throw refused(`is of type ${type}; only unigram models (1) are supported`);
  if (isSuffix)
    throw refused('puts white space behind words (treat_whitespace_as_suffix), which is not supported');
  if (!escapes)
    throw refused('leaves white space as it is (escape_whitespaces: false), which is not supported');
  // The trainer's number is what was asked for; the piece's own type is what counts.
  const own = pieces.findIndex(({ kind }) => kind === 'unknown');
  if (own < 0 || (unknown !== own && pieces.at(unknown)?.kind !== 'unknown'))
    throw refused('has no piece for what is unknown');
  return { pieces, unknown: own, byteFallback, map, addsDummyPrefix, removesExtraSpaces };
}
