import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { END_MARKER, START_MARKER } from '../../core/text/index.js';
import { fileError } from '../files/failures.js';
import { readJson } from '../files/json.js';
import { check } from '../../encoders/index.js';
import type { ClipTokenizerFiles } from './layout.js';
import { addedTokenSchema, checkTokenizerJson } from './tokenizer-json.js';

/** What a tokenizer's files say beside the vocabulary. */
export interface TokenizerSettings {
  /** The id that fills up a shorter text; undefined for the end marker. */
  readonly padding: number | undefined;
  /** Texts that are tokens of their own wherever they stand, and their ids. */
  readonly added: Readonly<Record<string, number>>;
  /** Tokens that a text may have at most, where that is said. */
  readonly maxLength: number | undefined;
}

const token = z.union([z.string(), z.object({ content: z.string() }).transform(({ content }) => content)]);
const oneOf = (...values: readonly string[]) =>
  z.literal([...values], {
    error: ({ input }) => `${JSON.stringify(input)} is not supported; ${values.join(', ')} are`,
  });
const marker = (content: string) => token.pipe(oneOf(content)).nullish();

const specialSchema = z.object({
  pad_token: token.nullish(),
  bos_token: marker(START_MARKER),
  eos_token: marker(END_MARKER),
  additional_special_tokens: z.array(token).nullish(),
});
const configSchema = specialSchema.extend({
  /** A very large number says that there is none. */
  model_max_length: z.number().positive().nullish(),
  tokenizer_class: oneOf(
    'CLIPTokenizer',
    'CLIPTokenizerFast',
    'PreTrainedTokenizerFast',
    'TokenizersBackend',
  ).nullish(),
  padding_side: oneOf('right').nullish(),
  truncation_side: oneOf('right').nullish(),
  added_tokens_decoder: z.record(z.string(), addedTokenSchema).nullish(),
});
const addedSchema = z.record(z.string(), z.number().int().nonnegative());

/** What stays as it is when a text is normalized: then it does not matter whether it is looked for before or after. */
const PUNCTUATION = /^[\p{P}\p{S}]+$/u;
/** Beyond this a `model_max_length` says nothing. */
const NO_LENGTH = 1e9;

/**
 * Reads what a tokenizer's files say beside its vocabulary, as transformers does; refuses what is not supported.
 *
 * @param contextLength of the model
 * @throws MODEL_UNAVAILABLE that names the file and the field
 */
export async function readTokenizerSettings(
  folder: string,
  tokenizer: ClipTokenizerFiles,
  contextLength: number,
): Promise<TokenizerSettings> {
  const main = 'json' in tokenizer ? tokenizer.json : tokenizer.vocabulary;
  const read = async <Schema extends z.ZodType>(
    schema: Schema,
    name: string,
  ): Promise<z.infer<Schema> | undefined> => {
    const file = path.posix.join(path.posix.dirname(main), name);
    return existsSync(path.join(folder, file))
      ? check(schema, await readJson(folder, file), file)
      : undefined;
  };
  const special = await read(specialSchema, 'special_tokens_map.json');
  const config = await read(configSchema, 'tokenizer_config.json');
  const value = await readJson(folder, main);
  const json = 'json' in tokenizer ? checkTokenizerJson(value, main) : undefined;
  const vocabulary = idsOf(
    'json' in tokenizer ? (value as { model?: { vocab?: unknown } | null } | null)?.model?.vocab : value,
  );

  const { max_length: cut = contextLength } = json?.truncation ?? {};
  if (cut < contextLength)
    throw fileError(
      main,
      `cuts texts at ${cut} tokens (truncation), where the model reads ${contextLength}; that is not supported`,
    );
  const stated = [special?.pad_token, config?.pad_token, json?.padding?.pad_token].find(
    (name) => name != null,
  );
  const padding = stated === undefined ? undefined : vocabulary.get(stated);
  if (stated !== undefined && padding === undefined)
    throw fileError(main, `has no id for the padding token ${JSON.stringify(stated)}`);
  const { model_max_length: longest } = config ?? {};
  const added = [
    ...(json?.added_tokens ?? []).map(({ content, id }) => [content, id] as const),
    ...Object.entries(config?.added_tokens_decoder ?? {}).map(
      ([id, { content }]) => [content, Number(id)] as const,
    ),
    ...Object.entries((await read(addedSchema, 'added_tokens.json')) ?? {}),
    ...[stated, ...(special?.additional_special_tokens ?? []), ...(config?.additional_special_tokens ?? [])]
      .filter((name) => name !== undefined)
      .map((name) => [name, vocabulary.get(name)] as const),
  ];
  return {
    padding,
    added: Object.fromEntries(
      added
        .filter(([content]) => content !== START_MARKER && content !== END_MARKER)
        .map(([content, id]) => {
          if (id !== undefined && vocabulary.get(content) === id && PUNCTUATION.test(content))
            return [content, id];
          throw fileError(main, `adds the token ${JSON.stringify(content)}, which is not supported`);
        }),
    ),
    maxLength: longest == null || longest > NO_LENGTH ? undefined : Math.floor(longest),
  };
}

/** Those that are numbers; whoever builds the tokenizer refuses others. */
function idsOf(vocabulary: unknown): ReadonlyMap<string, number> {
  const entries = typeof vocabulary === 'object' && vocabulary !== null ? Object.entries(vocabulary) : [];
  return new Map(entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number'));
}
