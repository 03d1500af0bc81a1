import { existsSync } from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';
import type { Normalizer } from '../../../core/text/index.js';
import { inSlices } from '../../../isolation/turns.js';
import { fileError } from '../../files/failures.js';
import { readJson } from '../../files/json.js';
import type { Manifest } from '../../manifest.js';
import { wordsSchema } from '../../words.js';
import type { FamilyWords } from '../../../encoders/index.js';
import { FAIRSEQ_MARKERS } from './fairseq.js';
import { openVocabulary } from './open-words.js';
import { pieceName } from './pieces.js';
import {
  filesOfClass,
  readTokenizerConfig,
  type TokenizerConfig,
  type TokenizerFileKind,
} from './tokenizer-config.js';
import { tokenizerJsonInSteps, type StatedPipeline } from './tokenizer-json.js';

/** What a folder of tokenizer files says, for a manifest. */
export interface ReadWords {
  readonly tokenizer: NonNullable<Manifest['tokenizer']>;
  readonly words: z.input<typeof wordsSchema>;
  /** The id that fills up a shorter text; undefined where no file says it. */
  readonly padding: number | undefined;
  /** Tokens that a text may have at most, where that is said. */
  readonly maxLength: number | undefined;
}

/** Beyond this a `model_max_length` says nothing. */
const NO_LENGTH = 1e9;
const NAMES = {
  json: 'tokenizer.json',
  wordPiece: 'vocab.txt',
  sentencePiece: 'spiece.model',
  fairseq: 'sentencepiece.bpe.model',
} as const satisfies Readonly<Record<TokenizerFileKind, string>>;

/**
 * Reads what the files of a tokenizer state: `tokenizer.json`, `vocab.txt`, `spiece.model` or
 * `sentencepiece.bpe.model`, each with its `tokenizer_config.json`.
 *
 * @param at the folder of these files inside the model's, '' for its own
 * @throws MODEL_UNAVAILABLE that names the file and what is missing, wrong or not supported
 */
export async function readWords(folder: string, at: string, family: FamilyWords = {}): Promise<ReadWords> {
  const stated = await readTokenizerConfig(folder, at);
  const config = { ...stated, tokenizer_class: stated.tokenizer_class ?? family.tokenizerClass };
  const fileOf = (kind: keyof typeof NAMES): string => path.posix.join(at, NAMES[kind]);
  const wanted =
    config.tokenizer_class == null
      ? (['json', 'wordPiece', 'fairseq'] as const)
      : filesOfClass(config.tokenizer_class);
  const kind = wanted.find((one) => existsSync(path.join(folder, fileOf(one))));
  if (kind === undefined)
    throw fileError(wanted.map((one) => NAMES[one]).join(' or '), 'is missing: a tokenizer is read from it');
  const read = {
    json: readJsonWords,
    wordPiece: readBertWords,
    sentencePiece: readSlowWords,
    fairseq: readFairseqWords,
  }[kind];
  const said = await read(folder, fileOf(kind), config);
  const separator = config.sep_token ?? '[SEP]';
  const { model_max_length: longest } = config;
  return {
    ...said,
    maxLength: minOf(
      said.maxLength,
      longest == null || longest > NO_LENGTH ? undefined : Math.floor(longest),
    ),
    words: {
      ...said.words,
      cleaning: family.cleaning ?? 'none',
      ...(family.lowerCase && { lowerCase: family.lowerCase }),
      ...(family.stripSeparator === true && { replaced: { [separator]: 0 } }),
      ...(family.prefix && { prefix: [...family.prefix] }),
      ...(family.suffix && { suffix: [...family.suffix] }),
    },
  };
}

function minOf(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

type Read = (folder: string, file: string, config: TokenizerConfig) => Promise<ReadWords>;

/** Every BertNormalizer among the normalizers. */
function bertOf(stated: Normalizer | undefined): Extract<Normalizer, { type: 'BertNormalizer' }>[] {
  if (stated?.type === 'Sequence') return stated.normalizers.flatMap(bertOf);
  return stated?.type === 'BertNormalizer' ? [stated] : [];
}

/** The configuration may say again what the file states; transformers 4 and 5 disagree on whose word counts. */
function checkAgreement({ normalizer, added }: StatedPipeline, config: TokenizerConfig, file: string): void {
  for (const { lowercase, strip_accents, handle_chinese_chars } of bertOf(normalizer)) {
    const pairs = [
      ['do_lower_case', config.do_lower_case, lowercase],
      ['strip_accents', config.strip_accents, strip_accents],
      ['tokenize_chinese_chars', config.tokenize_chinese_chars, handle_chinese_chars],
    ] as const;
    for (const [key, said, stated] of pairs)
      if (said != null && said !== stated)
        throw fileError(
          'tokenizer_config.json',
          `says ${key}: ${said}, where ${path.basename(file)} has ${String(stated)}; that is not supported`,
        );
  }
  const known = new Map(added.map((token) => [token.id, token]));
  for (const [id, { content, lstrip, rstrip }] of Object.entries(config.added_tokens_decoder ?? {})) {
    const token = known.get(Number(id));
    if (token?.content !== content || token.lstrip !== lstrip || token.rstrip !== rstrip)
      throw fileError(
        'tokenizer_config.json',
        `adds the token ${pieceName(content)}, which ${path.basename(file)} does not have so; that is not supported`,
      );
  }
}

/** Gemma's tokenizers put their markers where the configuration says so. */
function gemmaMarkers(config: TokenizerConfig): Pick<z.input<typeof wordsSchema>, 'prefix' | 'suffix'> {
  const { add_bos_token: bos, add_eos_token: eos } = config;
  return {
    ...(bos != null && { prefix: bos ? [config.bos_token ?? '<bos>'] : [] }),
    ...(eos != null && { suffix: eos ? [config.eos_token ?? '<eos>'] : [] }),
  };
}

const readJsonWords: Read = async (folder, file, config) => {
  const pipeline = await inSlices(tokenizerJsonInSteps(await readJson(folder, file), file));
  checkAgreement(pipeline, config, file);
  const idOf = (piece: string): number => {
    const id =
      pipeline.added.find(({ content }) => content === piece)?.id ?? pipeline.model.pieces.idOf(piece);
    if (id < 0)
      throw fileError(file, `has no piece ${pieceName(piece)}, which fills up shorter texts (pad_token)`);
    return id;
  };
  const { tokenizer_class: name, processor_class: processor } = config;
  const isGemma = name === 'GemmaTokenizer' || name === 'Siglip2Tokenizer';
  const isSiglip = isGemma && /^Siglip2?Processor$/.test(processor ?? '');
  return {
    tokenizer: { json: file },
    words: {
      // SigLIP 2 was trained in lower case, which its published files leave out: so does AutoTokenizer.
      lowerCase: name === 'Siglip2Tokenizer' ? 'always' : isSiglip ? 'unless strict' : 'never',
      ...(isGemma && gemmaMarkers(config)),
    },
    padding: config.pad_token == null ? pipeline.padding : idOf(config.pad_token),
    maxLength: pipeline.maxLength,
  };
};

const BERT_MARKERS = {
  pad_token: '[PAD]',
  unk_token: '[UNK]',
  cls_token: '[CLS]',
  sep_token: '[SEP]',
  mask_token: '[MASK]',
} as const;

/** Tokens that the configuration adds are the markers themselves, or refused. */
function refuseOthers(config: TokenizerConfig, markers: readonly string[], file: string): void {
  for (const { content, lstrip, rstrip } of Object.values(config.added_tokens_decoder ?? {}))
    if (!markers.includes(content) || (lstrip && content !== '<mask>') || rstrip)
      throw fileError(file, `has the token ${pieceName(content)} added to it, which is not supported`);
}

const readBertWords: Read = async (folder, file, config) => {
  const marker = (key: keyof typeof BERT_MARKERS): string => config[key] ?? BERT_MARKERS[key];
  const keys = Object.keys(BERT_MARKERS) as (keyof typeof BERT_MARKERS)[];
  const markers = [...new Set(keys.map(marker))];
  refuseOthers(config, markers, file);
  const words = {
    prefix: [marker('cls_token')],
    suffix: [marker('sep_token')],
    bert: {
      lowerCase: config.do_lower_case ?? true,
      stripAccents: config.strip_accents ?? null,
      chineseCharacters: config.tokenize_chinese_chars ?? true,
      unknown: marker('unk_token'),
      markers,
    },
  };
  return describe(folder, { wordPiece: file }, words, marker('pad_token'));
};

/** transformers' tokenizers in Python: SigLIP's, and T5's before it was ported. */
const readSlowWords: Read = async (folder, file, config) => {
  const isSiglip = config.tokenizer_class === 'SiglipTokenizer';
  const end = config.eos_token ?? '</s>';
  const unknown = config.unk_token ?? '<unk>';
  // SigLIP's take the white space beside them, unless they are stated otherwise.
  const isStripped = { lstrip: isSiglip, rstrip: isSiglip };
  const stated = Object.values(config.added_tokens_decoder ?? {});
  const markers = [...new Set([end, unknown, ...stated.map(({ content }) => content)])].map((piece) => {
    const { lstrip, rstrip } = stated.find(({ content }) => content === piece) ?? isStripped;
    return { piece, lstrip, rstrip };
  });
  const words = {
    lowerCase: (config.do_lower_case ?? isSiglip) ? ('always' as const) : ('never' as const),
    suffix: [end],
    sentencePiece: { canonical: isSiglip, unknown, markers },
  };
  return describe(folder, { sentencePiece: file }, words, config.pad_token ?? (isSiglip ? end : '<pad>'));
};

/** XLM-R's, from sentencepiece's own file. */
const readFairseqWords: Read = async (folder, file, config) => {
  refuseOthers(config, FAIRSEQ_MARKERS, file);
  const words = { sentencePiece: { fairseq: true } };
  return describe(folder, { sentencePiece: file }, words, config.pad_token ?? '<pad>');
};

/** What is read, with the id of what fills up, from the vocabulary itself. */
async function describe(
  folder: string,
  tokenizer: ReadWords['tokenizer'],
  words: z.input<typeof wordsSchema>,
  padding: string,
): Promise<ReadWords> {
  const { idOf, file } = await openVocabulary(folder, tokenizer, wordsSchema.parse(words));
  const id = idOf(padding);
  if (id < 0) throw fileError(file, `has no piece ${pieceName(padding)}, which fills up shorter texts`);
  return { tokenizer, words, padding: id, maxLength: undefined };
}
