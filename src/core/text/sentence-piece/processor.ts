import { byteIdsOf, bytesOf } from '../models/piece-model.js';
import { Lattice, UNKNOWN_PENALTY } from '../models/unigram.js';
import { CharactersMap } from '../normalizers/characters-map.js';
import { PieceTrie } from '../piece-trie.js';
import type { Steps } from '../../steps.js';
import type { SentencePieceFile } from './model-file.js';

/** What stands for a space. */
export const SPACE_MARK = '\u2581';
/** Of a piece that a user defined: so that it is taken, and of two the longer one. */
const OWN_PENALTY = Math.fround(0.1);
const STEP = 2048;
const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** A piece of a text, and its id: that of an unknown stretch is the unknown one's. */
export interface Piece {
  readonly text: string;
  readonly id: number;
}

/** Cuts texts as sentencepiece does, from its own file. */
export interface Processor {
  readonly pieces: PieceTrie;
  /** The id of a piece; that of the unknown one for what is none. */
  idOf(piece: string): number;
  encode(text: string): Steps<Piece[]>;
}

function widthOf(byte: number): number {
  return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

/** Source: sentencepiece 0.2.1, normalizer.cc, `Normalize`. */
function createNormalize(file: SentencePieceFile, own: PieceTrie): (text: string) => Steps<string> {
  const { removesExtraSpaces, addsDummyPrefix } = file;
  const map = file.map.length === 0 ? undefined : new CharactersMap(file.map);

  /** How many bytes of a piece that the user defined stand there: these are left as they are. */
  const ownAt = (text: string): string => {
    let [node, end] = [0, 0];
    for (let at = 0; at < text.length;) {
      node = own.child(node, text.charCodeAt(at++));
      if (node === 0) break;
      if (own.idAt(node) >= 0) end = at;
    }
    return text.slice(0, end);
  };

  return function* (text) {
    const bytes = utf8.encode(text);
    let unit = 0;
    /** What the text at a place begins with, normalized, and its bytes. */
    const next = (from: number): { readonly length: number; readonly text: string } => {
      const kept = own.size === 0 ? '' : ownAt(text.slice(unit, unit + own.longest));
      if (kept !== '') return { text: kept, length: utf8.encode(kept).length };
      const found = map?.find(bytes, from, 'longest');
      if (found !== undefined) return found;
      const length = widthOf(bytes[from]);
      return { length, text: fromUtf8.decode(bytes.subarray(from, from + length)) };
    };
    const advance = (from: number, length: number): number => {
      for (let at = from; at < from + length; at += widthOf(bytes[at])) unit += bytes[at] >= 0xf0 ? 2 : 1;
      return from + length;
    };
    let at = 0;
    let work = 0;
    while (removesExtraSpaces && at < bytes.length) {
      const part = next(at);
      if (part.text !== ' ') break;
      at = advance(at, part.length);
      if (++work % STEP === 0) yield;
    }
    if (at >= bytes.length) return '';
    let result = addsDummyPrefix ? SPACE_MARK : '';
    let isAfterSpace = removesExtraSpaces;
    while (at < bytes.length) {
      const part = next(at);
      at = advance(at, part.length);
      const kept = isAfterSpace ? part.text.replace(/^ +/, '') : part.text;
      if (kept !== '') {
        result += kept.replaceAll(' ', SPACE_MARK);
        isAfterSpace = removesExtraSpaces && kept.endsWith(' ');
      }
      if (++work % STEP === 0) yield;
    }
    if (!removesExtraSpaces) return result;
    let end = result.length;
    while (end > 0 && result[end - 1] === SPACE_MARK) end--;
    return result.slice(0, end);
  };
}

/**
 * sentencepiece's unigram model. Its scores are sums of 32-bit floats.
 * Source: sentencepiece 0.2.1, unigram_model.cc, `EncodeOptimized`; sentencepiece_processor.cc, `PopulateSentencePieceText`.
 *
 * @throws MODEL_UNAVAILABLE when its map of characters is damaged
 */
export function createProcessor(file: SentencePieceFile): Processor {
  const { unknown, byteFallback } = file;
  /** All pieces; those that a user defined. */
  const [pieces, own] = [new PieceTrie(), new PieceTrie()];
  let [worst, best] = [Infinity, 0];
  file.pieces.forEach(({ piece, score, kind }, id) => {
    pieces.add(piece, id);
    if (kind === 'user-defined') own.add(piece, id);
    if (kind === 'normal') [worst, best] = [Math.min(worst, score), Math.max(best, score)];
  });
  const scores = Float64Array.from(file.pieces, ({ score }) => score);
  const isCut = Uint8Array.from(file.pieces, ({ kind }) =>
    kind === 'normal' || kind === 'user-defined' ? 1 : 0,
  );
  const isOwn = Uint8Array.from(file.pieces, ({ kind }) => (kind === 'user-defined' ? 1 : 0));
  const unknownScore = Math.fround(worst - UNKNOWN_PENALTY);
  const normalize = createNormalize(file, own);
  const byteIds = byteFallback ? byteIdsOf(pieces) : undefined;

  function* search(text: string): Steps<Lattice> {
    const lattice = new Lattice(text.length);
    let work = 0;
    for (let start = 0; start < text.length;) {
      const width = (text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1;
      const before = lattice.score[start];
      let isAlone = false;
      for (let node = 0, at = start; at < text.length;) {
        node = pieces.child(node, text.charCodeAt(at++));
        if (node === 0) break;
        if (++work % STEP === 0) yield;
        const id = pieces.idAt(node);
        if (id < 0 || isCut[id] === 0) continue;
        const bytes = isOwn[id] === 1 ? utf8.encode(text.slice(start, at)).length : 0;
        const score = isOwn[id] === 1 ? Math.fround(Math.fround(bytes * best) - OWN_PENALTY) : scores[id];
        lattice.offer(at, Math.fround(score + before), start, id);
        isAlone ||= at - start === width;
      }
      const alone = Math.fround(unknownScore + before);
      if (!isAlone) lattice.offer(start + width, alone, start, unknown);
      if (++work % STEP === 0) yield;
      start += width;
    }
    return lattice;
  }

  return {
    pieces,
    idOf: (piece) => {
      const id = pieces.idOf(piece);
      return id < 0 ? unknown : id;
    },
    *encode(input): Steps<Piece[]> {
      const normalized = yield* normalize(input);
      const lattice = yield* search(normalized);
      const found: Piece[] = [];
      let work = 0;
      for (const { start, end, id } of yield* lattice.spans(unknown)) {
        if (++work % STEP === 0) yield;
        const text = normalized.slice(start, end);
        const bytes = id === unknown && byteIds ? bytesOf(text, byteIds) : undefined;
        if (bytes === undefined) found.push({ text, id });
        else for (const byte of bytes) found.push({ text: pieces.pieceOf(byte), id: byte });
      }
      return found;
    },
  };
}
