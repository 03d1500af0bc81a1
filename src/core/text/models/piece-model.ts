import type { Steps } from '../../steps.js';
import type { PieceTrie } from '../piece-trie.js';

/** Cuts a stretch of text into pieces of a vocabulary. */
export interface PieceModel {
  readonly pieces: PieceTrie;
  /**
   * The ids of a text's pieces.
   *
   * @param isBarred ids that may not come out of a text: markers
   */
  encode(text: string, isBarred: (id: number) => boolean): Steps<number[]>;
}

const utf8 = new TextEncoder();

/** Ids of the pieces that stand for single bytes, `<0x00>` to `<0xFF>`; -1 where there is none. */
export function byteIdsOf(pieces: PieceTrie): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) =>
    pieces.idOf(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
  );
}

/** A text as pieces that stand for its bytes; undefined where one has none. */
export function bytesOf(text: string, byteIds: Int32Array): number[] | undefined {
  const ids = Array.from(utf8.encode(text), (byte) => byteIds[byte]);
  return ids.includes(-1) ? undefined : ids;
}
