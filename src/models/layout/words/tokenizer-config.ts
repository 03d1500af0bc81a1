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

/** What a tokenizer may be read from: `tokenizer.json`, `vocab.txt`, `spiece.model`, `sentencepiece.bpe.model`. */
export type TokenizerFileKind = 'json' | 'wordPiece' | 'sentencePiece' | 'fairseq';

/** Which files a class of transformers reads, without the `Fast` at its end. */
const CLASSES = {
  BertTokenizer: ['json', 'wordPiece'],
  DistilBertTokenizer: ['json', 'wordPiece'],
  GemmaTokenizer: ['json'],
  NllbTokenizer: ['json'],
  PreTrainedTokenizer: ['json'],
  RobertaTokenizer: ['json'],
  Siglip2Tokenizer: ['json'],
  SiglipTokenizer: ['sentencePiece'],
  T5Tokenizer: ['json', 'sentencePiece'],
  TokenizersBackend: ['json'],
  XLMRobertaTokenizer: ['json', 'fairseq'],
} as const satisfies Readonly<Record<string, readonly TokenizerFileKind[]>>;

export type TokenizerClass = keyof typeof CLASSES;

/** The kinds of files that a class reads, the preferred first. */
export function filesOfClass(name: TokenizerClass): readonly TokenizerFileKind[] {
  return CLASSES[name];
}

/** Classes that say nothing of what a tokenizer.json holds. */
const GENERIC: readonly string[] = ['PreTrainedTokenizer', 'TokenizersBackend'] satisfies TokenizerClass[];

/** Whether a model of CLIP's family has CLIP's tokenizer by this class: any but another that is known. */
export function isClipsClass(name: string | undefined): boolean {
  return name === undefined || !Object.hasOwn(CLASSES, name) || GENERIC.includes(name);
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

const CONFIG = 'tokenizer_config.json';
const SPECIAL = 'special_tokens_map.json';
const ADDED = 'added_tokens.json';
const SENTENCES = 'sentence_bert_config.json';

const specialSchema = schema.pick({
  pad_token: true,
  unk_token: true,
  bos_token: true,
  eos_token: true,
  cls_token: true,
  sep_token: true,
  mask_token: true,
});
const addedSchema = z.record(z.string(), z.number().int().nonnegative());
const sentencesSchema = z.looseObject({
  max_seq_length: z.number().int().positive().nullish(),
  do_lower_case: onlyIf(false),
});

/** The class of a tokenizer, without the `Fast` at its end, where its `tokenizer_config.json` says one. */
export async function readTokenizerClass(folder: string, at: string): Promise<string | undefined> {
  const file = path.posix.join(at, CONFIG);
  if (!existsSync(path.join(folder, file))) return undefined;
  const stated = z
    .object({ tokenizer_class: z.string().transform((name) => name.replace(/Fast$/, '')) })
    .safeParse(await readJson(folder, file));
  return stated.data?.tokenizer_class;
}

/** The tokens of an `added_tokens.json`, as `added_tokens_decoder` has them: Python finds them in the normalized text. */
function decoderOf(added: z.infer<typeof addedSchema>, markers: readonly unknown[]) {
  return Object.fromEntries(
    Object.entries(added).map(([content, id]) => [
      String(id),
      { content, lstrip: false, rstrip: false, special: markers.includes(content) },
    ]),
  );
}

/**
 * Reads what the settings of a folder of tokenizer files say: `tokenizer_config.json`, and where that does not list the added
 * tokens `special_tokens_map.json` and `added_tokens.json`; the `max_seq_length` of sentence-transformers.
 * Source: transformers 5.24.0, tokenization_utils_base.py, `_from_pretrained`.
 *
 * @param at the folder inside the model's, '' for its own
 * @throws MODEL_UNAVAILABLE that names what is not supported
 */
export async function readTokenizerConfig(folder: string, at: string): Promise<TokenizerConfig> {
  const read = async <Schema extends z.ZodType>(
    name: string,
    one: Schema,
  ): Promise<z.infer<Schema> | undefined> => {
    const file = path.posix.join(at, name);
    return existsSync(path.join(folder, file)) ? check(one, await readJson(folder, file), file) : undefined;
  };
  const config: TokenizerConfig = (await read(CONFIG, schema)) ?? {};
  const longest = (await read(SENTENCES, sentencesSchema))?.max_seq_length ?? config.model_max_length;
  if (config.added_tokens_decoder != null) return { ...config, model_max_length: longest };
  const special = (await read(SPECIAL, specialSchema)) ?? {};
  const added = await read(ADDED, addedSchema);
  return {
    ...config,
    ...special,
    model_max_length: longest,
    ...(added && { added_tokens_decoder: decoderOf(added, Object.values({ ...config, ...special })) }),
  };
}
