import { MAX_PIECE_ID, type PieceTrie } from '../../../core/text/index.js';
import { fileError } from '../../files/failures.js';

/** UTF-16 units of a piece; published ones have at most a hundred. */
const LONGEST_PIECE = 1024;

/** A piece as a message shows it. */
export function pieceName(piece: string): string {
  return JSON.stringify(piece.length > 40 ? `${piece.slice(0, 40)}…` : piece);
}

/**
 * Adds a piece of a file to its vocabulary.
 *
 * @throws MODEL_UNAVAILABLE for what is no piece, or no id
 */
export function addPiece(pieces: PieceTrie, piece: unknown, id: unknown, file: string): void {
  if (typeof piece !== 'string')
    throw fileError(file, `has a piece that is no text, of the id ${String(id)}`);
  if (piece.length > LONGEST_PIECE)
    throw fileError(
      file,
      `has a piece of ${piece.length} characters, ${pieceName(piece)}; ${LONGEST_PIECE} are the most`,
    );
  if (/\p{Surrogate}/u.test(piece))
    throw fileError(file, `has half a character in the piece of the id ${String(id)}`);
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= MAX_PIECE_ID)
    throw fileError(
      file,
      `has ${JSON.stringify(id).slice(0, 40)} as the id of ${pieceName(piece)}; ids are whole numbers from 0`,
    );
  pieces.add(piece, id);
}
