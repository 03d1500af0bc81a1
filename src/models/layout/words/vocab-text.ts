import { createWordPiece, PieceTrie, type Pipeline, type Steps } from '../../../core/text/index.js';
import { fileError } from '../../files/failures.js';
import type { Words } from '../../words.js';
import { addPiece, pieceName } from './pieces.js';

/** Of a word; longer ones are unknown. Source: transformers, models/bert/tokenization_bert.py. */
const LONGEST_WORD = 100;
/** Pieces that are read in one step. */
const STEP = 2048;

/**
 * What a `vocab.txt` states: a piece a line, its id the line's number from 0; and what BERT's tokenizer does with it.
 * A piece that is there twice has the last line's id. In steps of a few milliseconds.
 *
 * @throws MODEL_UNAVAILABLE when it lacks what the tokenizer needs
 */
export function* readVocabText(
  text: string,
  { lowerCase, stripAccents, chineseCharacters, unknown, markers }: Words['bert'],
  file: string,
): Steps<Pipeline> {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  const pieces = new PieceTrie();
  for (const [id, piece] of lines.entries()) {
    addPiece(pieces, piece, id, file);
    if (id % STEP === STEP - 1) yield;
  }
  const idOf = (piece: string): number => {
    const id = pieces.idOf(piece);
    if (id < 0) throw fileError(file, `has no line ${pieceName(piece)}, which its tokenizer needs`);
    return id;
  };
  return {
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: chineseCharacters,
      strip_accents: stripAccents,
      lowercase: lowerCase,
    },
    preTokenizer: { type: 'BertPreTokenizer' },
    model: createWordPiece(pieces, { unknown: idOf(unknown), continuing: '##', longestWord: LONGEST_WORD }),
    added: markers.map((content) => ({
      ...{ id: idOf(content), content, special: true },
      ...{ lstrip: false, rstrip: false, normalized: false },
    })),
  };
}
