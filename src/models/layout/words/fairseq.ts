import {
  createUnigram,
  PieceTrie,
  type Pipeline,
  type SentencePieceFile,
  type Steps,
} from '../../../core/text/index.js';
import { addPiece } from './pieces.js';

/** Before the file's own pieces, whose first three are left out. Source: transformers 5.24.0, XLMRobertaConverter. */
const BEFORE = ['<s>', '<pad>', '</s>', '<unk>'] as const;
const OWN_MARKERS = 3;
const MASK = '<mask>';
const UNKNOWN = 3;
/** Pieces that are read in one step. */
const STEP = 2048;

/** Markers of its own, by their pieces. */
export const FAIRSEQ_MARKERS: readonly string[] = [...BEFORE, MASK];

/** What transformers makes of a `sentencepiece.bpe.model`, whose ids are those of fairseq: XLM-R's tokenizer. */
export function* fairseqPipeline(
  file: SentencePieceFile,
  name: string,
): Steps<Pipeline & { readonly prefix: readonly number[]; readonly suffix: readonly number[] }> {
  const own = file.pieces.slice(OWN_MARKERS);
  const all = [...BEFORE, ...own.map(({ piece }) => piece), MASK];
  const scores = Float64Array.from([...BEFORE.map(() => 0), ...own.map(({ score }) => score), 0]);
  const pieces = new PieceTrie();
  for (const [id, piece] of all.entries()) {
    addPiece(pieces, piece, id, name);
    if (id % STEP === STEP - 1) yield;
  }
  return {
    normalizer:
      file.map.length === 0
        ? undefined
        : { type: 'Precompiled', precompiled_charsmap: Buffer.from(file.map).toString('base64') },
    preTokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'WhitespaceSplit' },
        { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'always', split: true },
      ],
    },
    model: createUnigram(pieces, { scores, unknown: UNKNOWN, byteFallback: false }),
    added: FAIRSEQ_MARKERS.map((content) => ({
      ...{ id: pieces.idOf(content), content, special: true, normalized: false },
      ...{ lstrip: content === MASK, rstrip: false },
    })),
    ...{ prefix: [BEFORE.indexOf('<s>')], suffix: [BEFORE.indexOf('</s>')] },
  };
}
