import {
  createPipelineTokenizer,
  createSentencePieceTokenizer,
  parseSentencePiece,
  type Tokenizer,
  type WordsOptions,
} from '../../../core/text/index.js';
import { ClipgraphError } from '../../../errors/index.js';
import { inSlices } from '../../../isolation/turns.js';
import { fileError } from '../../files/failures.js';
import { readJson } from '../../files/json.js';
import { readBytes, readText } from '../../files/read.js';
import type { Manifest } from '../../manifest.js';
import type { Words } from '../../words.js';
import { fairseqPipeline } from './fairseq.js';
import { pieceName } from './pieces.js';
import { tokenizerJsonInSteps } from './tokenizer-json.js';
import { readVocabText } from './vocab-text.js';

type Files = NonNullable<Manifest['tokenizer']>;

/** A vocabulary that is read, and the tokenizer that can be made of it. */
interface Opened {
  readonly file: string;
  /** The id of a piece; -1 for none. */
  readonly idOf: (piece: string) => number;
  /** Markers that the file states. */
  readonly prefix: readonly string[] | readonly number[];
  readonly suffix: readonly string[] | readonly number[];
  readonly create: (options: WordsOptions) => Tokenizer;
}

/** What the core says of a part of a file, said of the file. */
function named<Value>(file: string, make: () => Value): Value {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof ClipgraphError) || cause.code !== 'MODEL_UNAVAILABLE') throw cause;
    throw fileError(file, `cannot be used. ${cause.message.replace(/\.$/, '')}`, cause);
  }
}

async function openJson(folder: string, file: string): Promise<Opened> {
  const pipeline = await inSlices(tokenizerJsonInSteps(await readJson(folder, file), file));
  const added = new Map(pipeline.added.map(({ content, id }) => [content, id]));
  return {
    ...{ file, prefix: pipeline.prefix, suffix: pipeline.suffix },
    idOf: (piece) => added.get(piece) ?? pipeline.model.pieces.idOf(piece),
    create: (options) => createPipelineTokenizer(pipeline, options),
  };
}

async function openVocabText(folder: string, file: string, { bert }: Words): Promise<Opened> {
  const pipeline = await inSlices(readVocabText(await readText(folder, file), bert, file));
  return {
    ...{ file, prefix: ['[CLS]'], suffix: ['[SEP]'] },
    idOf: (piece) => pipeline.model.pieces.idOf(piece),
    create: (options) => createPipelineTokenizer(pipeline, options),
  };
}

async function openSentencePiece(folder: string, file: string, { sentencePiece }: Words): Promise<Opened> {
  const bytes = await readBytes(folder, file);
  const parsed = named(file, () => parseSentencePiece(bytes));
  if (sentencePiece.fairseq === true) {
    const pipeline = await inSlices(fairseqPipeline(parsed, file));
    return {
      ...{ file, prefix: pipeline.prefix, suffix: pipeline.suffix },
      idOf: (piece) => pipeline.model.pieces.idOf(piece),
      create: (options) => createPipelineTokenizer(pipeline, options),
    };
  }
  const idOf = (piece: string): number => parsed.pieces.findIndex((one) => one.piece === piece);
  const markers = sentencePiece.markers.map(({ piece, ...strips }) => {
    const id = idOf(piece);
    if (id < 0) throw fileError(file, `has no piece ${pieceName(piece)}, which is a marker of the model`);
    return { id, content: piece, ...strips, normalized: false, special: true };
  });
  const { canonical, unknown } = sentencePiece;
  return {
    ...{ file, prefix: [], suffix: [], idOf },
    create: (options) =>
      createSentencePieceTokenizer(parsed, { isCanonical: canonical, markers, unknown }, options),
  };
}

/**
 * Reads the vocabulary of a tokenizer.
 *
 * @throws MODEL_UNAVAILABLE that names the file and what is wrong or not supported
 */
export async function openVocabulary(folder: string, files: Files, words: Words): Promise<Opened> {
  if ('json' in files) return openJson(folder, files.json);
  if ('wordPiece' in files) return openVocabText(folder, files.wordPiece, words);
  if ('sentencePiece' in files) return openSentencePiece(folder, files.sentencePiece, words);
  throw fileError(files.vocabulary, "is one of CLIP's two files, which are read without words");
}

/**
 * The tokenizer that a model's files and its manifest's `words` state.
 *
 * @param contextLength tokens that the model reads, with the markers
 * @throws MODEL_UNAVAILABLE that names the file and what is wrong or not supported
 */
export async function openWords(
  folder: string,
  files: Files,
  words: Words,
  contextLength: number,
): Promise<Tokenizer> {
  const opened = await openVocabulary(folder, files, words);
  const { file, idOf } = opened;
  const known = (marker: string | number): number => {
    const id = typeof marker === 'number' ? marker : idOf(marker);
    if (id < 0)
      throw fileError(file, `has no piece ${pieceName(String(marker))}, which is a marker of the model`);
    return id;
  };
  const options = {
    ...{ cleaning: words.cleaning, lowerCase: words.lowerCase, contextLength },
    prefix: (words.prefix ?? opened.prefix).map(known),
    suffix: (words.suffix ?? opened.suffix).map(known),
    replaced: new Map(Object.entries(words.replaced).map(([piece, id]) => [known(piece), id])),
  };
  const markers = options.prefix.length + options.suffix.length;
  if (markers > contextLength)
    throw fileError(
      file,
      `puts ${markers} markers around each text, where the model reads ${contextLength} tokens`,
    );
  return named(file, () => opened.create(options));
}
