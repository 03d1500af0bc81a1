import { z } from 'zod';
import { END_MARKER, START_MARKER } from '../../core/text/index.js';
import { check } from '../../encoders/index.js';

const found = ({ input }: { readonly input?: unknown }): string =>
  `${input === undefined ? 'nothing' : JSON.stringify(input).slice(0, 100)} is not supported; it must be as CLIP has it`;

/** Exactly this, as the file writes it. */
const only = (...values: readonly (string | boolean | null)[]) => z.literal([...values], { error: found });
const off = z.union([z.literal(false), z.null(), z.literal(0), z.literal('')], { error: found }).optional();

/** CLIP's words; files of newer versions name the markers first, which added tokens are before that. */
const WORDS = String.raw`'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`;
const MARKED_WORDS = String.raw`<\|startoftext\|>|<\|endoftext\|>|` + WORDS;

const marker = (content: string) => z.tuple([only(content), z.number()], { error: found });
const postProcessor = z.discriminatedUnion(
  'type',
  [
    z.object({ type: z.literal('RobertaProcessing'), sep: marker(END_MARKER), cls: marker(START_MARKER) }),
    z.object({
      type: z.literal('TemplateProcessing'),
      single: z.tuple(
        [
          z.object({ SpecialToken: z.object({ id: only(START_MARKER) }) }),
          z.object({ Sequence: z.object({ id: only('A') }) }),
          z.object({ SpecialToken: z.object({ id: only(END_MARKER) }) }),
        ],
        { error: found },
      ),
    }),
  ],
  { error: found },
);

/** A token beside the vocabulary's merges, as `tokenizer.json` and `added_tokens_decoder` have it. */
export const addedTokenSchema = z.object({
  content: z.string(),
  single_word: off,
  lstrip: off,
  rstrip: off,
});

/** What a `tokenizer.json` says beside its vocabulary. Source: tokenizers, CLIPConverter of transformers. */
const schema = z.object({
  added_tokens: z.array(addedTokenSchema.extend({ id: z.number().int().nonnegative() })).default([]),
  normalizer: z.object(
    {
      type: only('Sequence'),
      normalizers: z.tuple(
        [
          z.object({ type: only('NFC') }),
          z.object({ type: only('Replace'), pattern: z.object({ Regex: only('\\s+') }), content: only(' ') }),
          z.object({ type: only('Lowercase') }),
        ],
        { error: found },
      ),
    },
    { error: found },
  ),
  pre_tokenizer: z.object(
    {
      type: only('Sequence'),
      pretokenizers: z.tuple(
        [
          z.object({
            type: only('Split'),
            pattern: z.object({ Regex: only(WORDS, MARKED_WORDS) }),
            behavior: only('Removed'),
            invert: only(true),
          }),
          z.object({ type: only('ByteLevel'), add_prefix_space: only(false) }),
        ],
        { error: found },
      ),
    },
    { error: found },
  ),
  post_processor: postProcessor,
  truncation: z
    .object({ max_length: z.number().int().positive(), direction: only('Right').optional() })
    .nullish(),
  padding: z.object({ direction: only('Right').optional(), pad_token: z.string().optional() }).nullish(),
  model: z.object(
    {
      type: only('BPE').optional(),
      dropout: off,
      continuing_subword_prefix: off,
      end_of_word_suffix: only('</w>'),
      byte_fallback: off,
      ignore_merges: off,
    },
    { error: found },
  ),
});

/**
 * What a `tokenizer.json` says beside its vocabulary, checked: its pipeline is CLIP's.
 *
 * @param name of the file
 * @throws MODEL_UNAVAILABLE that names what differs
 */
export function checkTokenizerJson(value: unknown, name: string): z.infer<typeof schema> {
  return check(schema, value, name);
}
