import { z } from 'zod';
import { atOnce } from '../../../core/steps.js';
import {
  MAX_PIECE_ID,
  type AddedToken,
  type Normalizer,
  type Pipeline,
  type PreTokenizer,
  type Steps,
} from '../../../core/text/index.js';
import { fileError } from '../../files/failures.js';
import { check } from '../../../encoders/index.js';
import { off, readModel } from './model-json.js';
import { pieceName } from './pieces.js';

/** What a `tokenizer.json` states, ready to run. */
export interface StatedPipeline extends Pipeline {
  /** Markers before and behind each text, by the post-processor. */
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
  /** Tokens that it cuts texts to. */
  readonly maxLength: number | undefined;
  /** What fills up shorter texts. */
  readonly padding: number | undefined;
}

const said = ({ input }: { readonly input?: unknown }): string =>
  `${input === undefined ? 'nothing' : JSON.stringify(input).slice(0, 100)} is not supported`;
const type = <const Name extends string>(name: Name) => z.literal(name);
const text = z.string().min(1);

const pattern = z.union(
  [z.strictObject({ String: text }), z.strictObject({ Regex: z.enum([' {2,}', '\\s+']) })],
  { error: said },
);

/** Parts hold parts; deeper than this none does. */
const DEEPEST = 8;

const normalizer = (depth = 0): z.ZodType<Normalizer> =>
  z.discriminatedUnion(
    'type',
    [
      z.strictObject({
        type: type('BertNormalizer'),
        clean_text: z.boolean().default(true),
        handle_chinese_chars: z.boolean().default(true),
        strip_accents: z.boolean().nullable().default(null),
        lowercase: z.boolean().default(true),
      }),
      z.strictObject({ type: type('Lowercase') }),
      ...(['NFC', 'NFD', 'NFKC', 'NFKD', 'StripAccents', 'Nmt'] as const).map((name) =>
        z.strictObject({ type: type(name) }),
      ),
      z.strictObject({ type: type('Strip'), strip_left: z.boolean(), strip_right: z.boolean() }),
      z.strictObject({ type: type('Replace'), pattern, content: z.string() }),
      z.strictObject({ type: type('Prepend'), prepend: z.string() }),
      z.strictObject({ type: type('Precompiled'), precompiled_charsmap: text }),
      ...(depth < DEEPEST
        ? [
            z.strictObject({
              type: type('Sequence'),
              normalizers: z.array(z.lazy(() => normalizer(depth + 1))),
            }),
          ]
        : []),
    ],
    { error: said },
  );

const behavior = z.enum(['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous']);
const oneCharacter = z.string().refine((value) => Array.from(value).length === 1, 'must be one character');

/** Older files say `add_prefix_space` where newer ones say `prepend_scheme`. */
const metaspace = z
  .strictObject({
    type: type('Metaspace'),
    replacement: oneCharacter,
    prepend_scheme: z.enum(['always', 'first', 'never']).optional(),
    add_prefix_space: z.boolean().optional(),
    split: z.boolean().default(true),
    str_rep: z.string().optional(),
  })
  .refine(
    ({ prepend_scheme, add_prefix_space }) => add_prefix_space !== false || prepend_scheme === 'never',
    'add_prefix_space: false with a prepend_scheme other than never is not supported',
  )
  .transform(({ type: name, replacement, prepend_scheme, split }) => ({
    ...{ type: name, replacement, split },
    prepend_scheme: prepend_scheme ?? ('always' as const),
  }));

/** `trim_offsets` is of places in the text, which nobody asks for. */
const byteLevel = z.strictObject({
  type: type('ByteLevel'),
  add_prefix_space: z.boolean().default(true),
  trim_offsets: z.unknown().optional(),
  use_regex: z.boolean().default(true),
});

const preTokenizer = (depth = 0): z.ZodType<PreTokenizer> =>
  z.union(
    [
      z.discriminatedUnion('type', [
        z.strictObject({ type: type('BertPreTokenizer') }),
        z.strictObject({ type: z.enum(['Whitespace', 'WhitespaceSplit']) }),
        z.strictObject({ type: type('Digits'), individual_digits: z.boolean().default(false) }),
        byteLevel,
        z.strictObject({ type: type('Punctuation'), behavior: behavior.default('Isolated') }),
        z.strictObject({ type: type('CharDelimiterSplit'), delimiter: oneCharacter }),
        z.strictObject({ type: type('Split'), pattern, behavior, invert: z.boolean().default(false) }),
        ...(depth < DEEPEST
          ? [
              z.strictObject({
                type: type('Sequence'),
                pretokenizers: z.array(z.lazy(() => preTokenizer(depth + 1))),
              }),
            ]
          : []),
      ]),
      metaspace,
    ],
    { error: said },
  );

const id = z.number().int().nonnegative().max(MAX_PIECE_ID);
const marker = z.tuple([z.string(), id]);
/** The second row of token types, which no tower of a dual encoder is given. */
const first = z.literal(0, { error: said }).default(0);
const templated = z.union(
  [
    z.object({ SpecialToken: z.object({ id: z.string(), type_id: first }) }),
    z.object({ Sequence: z.object({ id: z.literal('A'), type_id: first }) }),
  ],
  { error: said },
);
const template = z.object({
  type: type('TemplateProcessing'),
  single: z.array(templated),
  pair: z.unknown().optional(),
  special_tokens: z.record(
    z.string(),
    z.object({ id: z.string(), ids: z.array(id), tokens: z.unknown().optional() }),
  ),
});
const framed = z.object({ type: z.enum(['BertProcessing', 'RobertaProcessing']), sep: marker, cls: marker });
/** It moves places in the text, no ids. */
const offsets = z.object({ type: type('ByteLevel') });
const onePostProcessor = z.union([template, framed, offsets], { error: said });
const postProcessor = z.union(
  [onePostProcessor, z.strictObject({ type: type('Sequence'), processors: z.array(onePostProcessor) })],
  { error: said },
);

const addedToken: z.ZodType<AddedToken> = z.strictObject({
  id,
  content: z.string(),
  // What counts as a part of a word is another thing in each version of Unicode; no published dual encoder asks for it.
  single_word: off,
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  normalized: z.boolean().default(true),
  special: z.boolean().default(false),
});

const fileSchema = z.strictObject({
  version: z.string().optional(),
  truncation: z
    .strictObject({
      direction: z.literal('Right', { error: said }).default('Right'),
      max_length: z.number().int().positive(),
      strategy: z.enum(['LongestFirst', 'OnlyFirst'], { error: said }).optional(),
      stride: z.number().optional(),
    })
    .nullish(),
  padding: z
    .strictObject({
      strategy: z.unknown().optional(),
      direction: z.literal('Right', { error: said }).default('Right'),
      pad_to_multiple_of: off,
      pad_id: id.default(0),
      pad_type_id: z.unknown().optional(),
      pad_token: z.string().optional(),
    })
    .nullish(),
  added_tokens: z.array(addedToken).default([]),
  normalizer: normalizer().nullish(),
  pre_tokenizer: preTokenizer().nullish(),
  post_processor: postProcessor.nullish(),
  // Of turning ids into text.
  decoder: z.unknown().optional(),
  // Read apart: a schema that copied its vocabulary would take as much memory again.
  model: z.custom<Readonly<Record<string, unknown>>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'must say what the model is',
  ),
});

interface Markers {
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
}

/** Markers before and behind a text: of several post-processors the later one's are outside. */
function markersOf(stated: z.infer<typeof postProcessor> | null | undefined, file: string): Markers {
  const all = stated == null ? [] : stated.type === 'Sequence' ? stated.processors : [stated];
  return all
    .map((one) => markersOfOne(one, file))
    .reduce(
      (inner, { prefix, suffix }) => ({
        prefix: [...prefix, ...inner.prefix],
        suffix: [...inner.suffix, ...suffix],
      }),
      {
        prefix: [],
        suffix: [],
      },
    );
}

function markersOfOne(stated: z.infer<typeof onePostProcessor>, file: string): Markers {
  if (stated.type === 'ByteLevel') return { prefix: [], suffix: [] };
  if (stated.type !== 'TemplateProcessing') return { prefix: [stated.cls[1]], suffix: [stated.sep[1]] };
  const at = stated.single.findIndex((part) => 'Sequence' in part);
  const idsOf = (parts: typeof stated.single): number[] =>
    parts.flatMap((part) => {
      if ('Sequence' in part)
        throw fileError(file, 'has a text twice in its post_processor, which is not supported');
      const { id: name } = part.SpecialToken;
      if (!Object.hasOwn(stated.special_tokens, name))
        throw fileError(file, `does not say what ${pieceName(name)} of its post_processor is`);
      return stated.special_tokens[name].ids;
    });
  if (at < 0) throw fileError(file, 'has no text in its post_processor, which is not supported');
  return { prefix: idsOf(stated.single.slice(0, at)), suffix: idsOf(stated.single.slice(at + 1)) };
}

/**
 * Reads a `tokenizer.json`: every part is honoured, or refused by its name.
 *
 * @param value what the file holds
 * @param file its name
 * @throws MODEL_UNAVAILABLE that names what is wrong or not supported
 */
export function readTokenizerJson(value: unknown, file: string): StatedPipeline {
  return atOnce(tokenizerJsonInSteps(value, file));
}

/** The same in steps of a few milliseconds: 250,000 pieces take half a second. */
export function* tokenizerJsonInSteps(value: unknown, file: string): Steps<StatedPipeline> {
  const stated = check(fileSchema, value, file);
  const model = yield* readModel(stated.model, file);
  for (const { content, id: own } of stated.added_tokens) {
    const known = model.pieces.idOf(content);
    const other = model.pieces.pieceOf(own);
    if (known >= 0 ? known !== own : other !== '')
      throw fileError(
        file,
        `adds ${pieceName(content)} with the id ${own}, which is another piece's or not its own`,
      );
  }
  const markers = markersOf(stated.post_processor, file);
  for (const marked of [...markers.prefix, ...markers.suffix])
    if (model.pieces.pieceOf(marked) === '' && !stated.added_tokens.some(({ id: own }) => own === marked))
      throw fileError(file, `has the id ${marked} in its post_processor, which is no piece`);
  return {
    model,
    normalizer: stated.normalizer ?? undefined,
    preTokenizer: stated.pre_tokenizer ?? undefined,
    added: stated.added_tokens,
    ...markers,
    maxLength: stated.truncation?.max_length,
    padding: stated.padding?.pad_id,
  };
}
