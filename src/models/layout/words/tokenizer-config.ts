import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { readJson } from '../../files/json.js';
import { check } from '../../../encoders/index.js';

const notSupported = ({ input }: { readonly input?: unknown }): string =>
  `${JSON.stringify(input).slice(0, 100)} is not supported`;
const onlyIf = (...values: readonly (string | boolean | number)[]) =>
  z.literal([...values], { error: notSupported }).nullish();
const token = z
  .union([z.string(), z.object({ content: z.string() }).transform(({ content }) => content)])
  .nullish();

/** A token beside the vocabulary, as `added_tokens_decoder` has it. */
const addedToken = z.object({
  content: z.string(),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  special: z.boolean().default(false),
});

/** Which files a class of transformers reads, without the `Fast` at its end. */
const CLASSES = {
  BertTokenizer: ['json', 'wordPiece'],
  DistilBertTokenizer: ['json', 'wordPiece'],
  GemmaTokenizer: ['json'],
  NllbTokenizer: ['json'],
  PreTrainedTokenizer: ['json'],
  Siglip2Tokenizer: ['json'],
  SiglipTokenizer: ['sentencePiece'],
  T5Tokenizer: ['json', 'sentencePiece'],
  TokenizersBackend: ['json'],
  XLMRobertaTokenizer: ['json'],
} as const satisfies Readonly<Record<string, readonly ('json' | 'wordPiece' | 'sentencePiece')[]>>;

export type TokenizerClass = keyof typeof CLASSES;

/** The kinds of files that a class reads, the preferred first. */
export function filesOfClass(name: TokenizerClass): readonly ('json' | 'wordPiece' | 'sentencePiece')[] {
  return CLASSES[name];
}

const names = Object.keys(CLASSES) as [TokenizerClass, ...TokenizerClass[]];

const schema = z.object({
  tokenizer_class: z
    .string()
    .transform((name) => name.replace(/Fast$/, ''))
    .pipe(
      z.enum(names, {
        error: ({ input }) => `${JSON.stringify(input)} is not supported; ${names.join(', ')} are`,
      }),
    )
    .nullish(),
  pad_token: token,
  unk_token: token,
  bos_token: token,
  eos_token: token,
  cls_token: token,
  sep_token: token,
  mask_token: token,
  add_bos_token: z.boolean().nullish(),
  add_eos_token: z.boolean().nullish(),
  added_tokens_decoder: z.record(z.string(), addedToken).nullish(),
  /** A very large number says that there is none. */
  model_max_length: z.number().positive().nullish(),
  padding_side: onlyIf('right'),
  truncation_side: onlyIf('right'),
  do_lower_case: z.boolean().nullish(),
  strip_accents: z.boolean().nullish(),
  tokenize_chinese_chars: z.boolean().nullish(),
  do_basic_tokenize: onlyIf(true),
  never_split: z.array(z.never(), { error: notSupported }).nullish(),
  split_special_tokens: onlyIf(false),
  sp_model_kwargs: z.strictObject({}).nullish(),
  processor_class: z.string().nullish(),
});

/** What a `tokenizer_config.json` says that changes ids; empty where there is none. */
export type TokenizerConfig = z.infer<typeof schema>;

/**
 * Reads the `tokenizer_config.json` of a folder of tokenizer files.
 *
 * @param at the folder inside the model's, '' for its own
 * @throws MODEL_UNAVAILABLE that names what is not supported
 */
export async function readTokenizerConfig(folder: string, at: string): Promise<TokenizerConfig> {
  const file = path.posix.join(at, 'tokenizer_config.json');
  if (!existsSync(path.join(folder, file))) return {};
  return check(schema, await readJson(folder, file), file);
}
