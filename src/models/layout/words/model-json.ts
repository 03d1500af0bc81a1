import { z } from 'zod';
import {
  createBytePair,
  createUnigram,
  createWordPiece,
  Merges,
  PieceTrie,
  type PieceModel,
  type Steps,
} from '../../../core/text/index.js';
import { fileError } from '../../files/failures.js';
import { check } from '../../../encoders/index.js';
import { addPiece, pieceName } from './pieces.js';

/** Pieces or merges that are read in one step. */
const STEP = 2048;

/** Accepted only as it is where it is off. */
export const off = z
  .union([z.literal(false), z.null(), z.literal(0), z.literal('')], {
    error: ({ input }) => `${JSON.stringify(input).slice(0, 100)} is not supported`,
  })
  .optional();

const modelSchemas = {
  WordPiece: z.object({
    model: z.strictObject({
      type: z.string().optional(),
      unk_token: z.string().default('[UNK]'),
      continuing_subword_prefix: z.string().default('##'),
      max_input_chars_per_word: z.number().int().nonnegative().default(100),
    }),
  }),
  Unigram: z.object({
    model: z.strictObject({
      type: z.string().optional(),
      unk_id: z
        .number({ error: 'a vocabulary without an unknown piece is not supported' })
        .int()
        .nonnegative(),
      byte_fallback: z.boolean().default(false),
    }),
  }),
  BPE: z.object({
    model: z.strictObject({
      type: z.string().optional(),
      dropout: off,
      unk_token: z.string().nullish(),
      continuing_subword_prefix: off,
      end_of_word_suffix: off,
      fuse_unk: z.boolean().default(false),
      byte_fallback: z.boolean().default(false),
      ignore_merges: z.boolean().default(false),
    }),
  }),
};

/** Pieces of an object of names and ids. */
function* trieOf(vocab: unknown, file: string): Steps<PieceTrie> {
  if (typeof vocab !== 'object' || vocab === null || Array.isArray(vocab))
    throw fileError(file, 'has no model.vocab of pieces and their ids');
  const pieces = new PieceTrie();
  let work = 0;
  for (const piece in vocab) {
    addPiece(pieces, piece, (vocab as Record<string, unknown>)[piece], file);
    if (++work % STEP === 0) yield;
  }
  if (pieces.size === 0) throw fileError(file, 'has no pieces in model.vocab');
  return pieces;
}

function idOf(pieces: PieceTrie, piece: string, file: string, what: string): number {
  const found = pieces.idOf(piece);
  if (found < 0) throw fileError(file, `has no piece ${pieceName(piece)} in its vocabulary, ${what}`);
  return found;
}

function* readUnigram(
  vocab: unknown,
  settings: z.infer<typeof modelSchemas.Unigram>['model'],
  file: string,
): Steps<PieceModel> {
  if (!Array.isArray(vocab) || vocab.length === 0)
    throw fileError(file, 'has no model.vocab of pieces and their scores');
  const pieces = new PieceTrie();
  const scores = new Float64Array(vocab.length);
  for (const [i, entry] of (vocab as readonly unknown[]).entries()) {
    const [piece, score, ...more] = Array.isArray(entry) ? (entry as unknown[]) : [];
    if (typeof score !== 'number' || !Number.isFinite(score) || more.length > 0)
      throw fileError(file, `has something else than a piece and its score in model.vocab, at ${i}`);
    if (i % STEP === STEP - 1) yield;
    addPiece(pieces, piece, i, file);
    scores[i] = score;
  }
  if (settings.unk_id >= vocab.length)
    throw fileError(file, `says unk_id: ${settings.unk_id}, which is no piece`);
  return createUnigram(pieces, { scores, unknown: settings.unk_id, byteFallback: settings.byte_fallback });
}

const isPair = (value: unknown): value is readonly [unknown, unknown] =>
  Array.isArray(value) && value.length === 2;

function* readBytePair(
  vocab: unknown,
  merges: unknown,
  settings: z.infer<typeof modelSchemas.BPE>['model'],
  file: string,
): Steps<PieceModel> {
  const pieces = yield* trieOf(vocab, file);
  if (!Array.isArray(merges)) throw fileError(file, 'has no model.merges');
  const table = new Merges(merges.length);
  for (let rank = 0; rank < merges.length; rank++) {
    if (rank % STEP === STEP - 1) yield;
    const merge: unknown = merges[rank];
    const pair: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
    const [left, right]: readonly unknown[] = isPair(pair) ? pair : [];
    if (typeof left !== 'string' || typeof right !== 'string' || left === '' || right === '')
      throw fileError(file, `has a merge that is not two pieces: the ${rank + 1}th`);
    const start = pieces.nodeOf(left);
    const end = start === 0 ? 0 : pieces.nodeOf(right, start);
    const ids = [pieces.idAt(start), pieces.idOf(right), pieces.idAt(end)] as const;
    const missing = ids.findIndex((one, i) => one < 0 || [start, 1, end][i] === 0);
    if (missing >= 0)
      throw fileError(
        file,
        `has no piece ${pieceName([left, right, left + right][missing])} in its vocabulary, which its ${rank + 1}th merge needs`,
      );
    table.set(ids[0], ids[1], rank, ids[2]);
  }
  const { unk_token, fuse_unk, byte_fallback, ignore_merges } = settings;
  return createBytePair(pieces, {
    merges: table,
    unknown:
      unk_token == null ? undefined : idOf(pieces, unk_token, file, 'which is what is unknown (unk_token)'),
    fuseUnknown: fuse_unk,
    byteFallback: byte_fallback,
    ignoreMerges: ignore_merges,
  });
}

/** The model's kind; files from before version 0.10 do not say it. */
function kindOf(
  { type: stated, vocab, merges }: Readonly<Record<string, unknown>>,
  file: string,
): keyof typeof modelSchemas {
  const kind = stated ?? (Array.isArray(vocab) ? 'Unigram' : merges === undefined ? 'WordPiece' : 'BPE');
  if (kind === 'WordPiece' || kind === 'Unigram' || kind === 'BPE') return kind;
  throw fileError(
    file,
    `says model.type: ${JSON.stringify(kind).slice(0, 100)}, which is not supported; WordPiece, Unigram and BPE are`,
  );
}

/**
 * The model of a `tokenizer.json`: its vocabulary, and how words are cut into pieces of it; in steps of a
 * few milliseconds.
 *
 * @throws MODEL_UNAVAILABLE that names what is wrong or not supported
 */
export function* readModel(model: Readonly<Record<string, unknown>>, file: string): Steps<PieceModel> {
  const { vocab, merges, ...rest } = model;
  const kind = kindOf(model, file);
  switch (kind) {
    case 'WordPiece': {
      const { unk_token, continuing_subword_prefix, max_input_chars_per_word } = check(
        modelSchemas.WordPiece,
        { model: rest },
        file,
      ).model;
      const pieces = yield* trieOf(vocab, file);
      return createWordPiece(pieces, {
        unknown: idOf(pieces, unk_token, file, 'which is what is unknown (unk_token)'),
        continuing: continuing_subword_prefix,
        longestWord: max_input_chars_per_word,
      });
    }
    case 'Unigram':
      return yield* readUnigram(vocab, check(modelSchemas.Unigram, { model: rest }, file).model, file);
    case 'BPE':
      return yield* readBytePair(vocab, merges, check(modelSchemas.BPE, { model: rest }, file).model, file);
  }
}
