import type { Steps } from '../../steps.js';
import type { PieceTrie } from '../piece-trie.js';
import type { PieceModel } from './piece-model.js';

export interface WordPieceOptions {
  readonly unknown: number;
  /** What begins the pieces that go on with a word: `##`. */
  readonly continuing: string;
  /** A word of more characters is unknown as a whole. */
  readonly longestWord: number;
}

function countCharacters(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) !== 0xdc00) count++;
  return count;
}

/**
 * BERT's model: of a word again and again the longest piece that it goes on with; a word with a place where there is none is
 * unknown as a whole. Source: tokenizers 0.23.3, models/wordpiece.
 */
export function createWordPiece(
  pieces: PieceTrie,
  { unknown, continuing, longestWord }: WordPieceOptions,
): PieceModel {
  const within = continuing === '' ? 0 : pieces.nodeOf(continuing);
  const hasWithin = continuing === '' || within !== 0;

  function encodeWord(word: string, isBarred: (id: number) => boolean): number[] {
    const ids: number[] = [];
    for (let start = 0; start < word.length;) {
      let [node, id, end] = [start === 0 ? 0 : within, -1, start];
      if (start > 0 && !hasWithin) return [unknown];
      for (let at = start; at < word.length;) {
        node = pieces.child(node, word.charCodeAt(at++));
        if (node === 0) break;
        const found = pieces.idAt(node);
        if (found >= 0 && !isBarred(found)) [id, end] = [found, at];
      }
      if (id < 0) return [unknown];
      ids.push(id);
      start = end;
    }
    return ids;
  }

  return {
    pieces,
    // eslint-disable-next-line require-yield -- a word has at most so many characters
    *encode(word, isBarred): Steps<number[]> {
      if (word.length > longestWord && countCharacters(word) > longestWord) return [unknown];
      return encodeWord(word, isBarred);
    },
  };
}
