import { z } from 'zod';
import { CLEANINGS } from '../core/text/index.js';

/** A marker by its piece, and whether white space beside it goes. */
const markerSchema = z.strictObject({
  piece: z.string().min(1),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
});
const pieces = z.array(z.string().min(1));

/** How a model's texts become tokens, beside what the file of its vocabulary states. */
export const wordsSchema = z.strictObject({
  /** What open_clip does to a text first. */
  cleaning: z.enum(CLEANINGS).default('none'),
  /** When texts are made lower case; `unless strict` where the published files leave out what the model was trained with. */
  lowerCase: z.enum(['never', 'always', 'unless strict']).default('never'),
  /** Markers before and behind each text, by their pieces. Default: as the file states. */
  prefix: pieces.optional(),
  suffix: pieces.optional(),
  /** Pieces that other ids take the place of, at last. */
  replaced: z.record(z.string().min(1), z.number().int().nonnegative()).default({}),
  /** Of a `vocab.txt`: what BERT's tokenizer does. */
  bert: z
    .strictObject({
      lowerCase: z.boolean().default(true),
      /** Null: as `lowerCase`. */
      stripAccents: z.boolean().nullable().default(null),
      chineseCharacters: z.boolean().default(true),
      unknown: z.string().min(1).default('[UNK]'),
      markers: pieces.default(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']),
    })
    .prefault({}),
  /** Of a `spiece.model`. */
  sentencePiece: z
    .strictObject({
      /** Whether ASCII's punctuation is taken away, and white space made single spaces: SigLIP's. */
      canonical: z.boolean().default(false),
      unknown: z.string().min(1).default('<unk>'),
      markers: z.array(markerSchema).default([]),
      /** Whether ids are fairseq's: four markers, the file's pieces from its fourth on, `<mask>`: XLM-R's. */
      fairseq: z.boolean().optional(),
    })
    .prefault({}),
});

export type Words = z.infer<typeof wordsSchema>;

/** How a model's texts become tokens, effectively; undefined where that is CLIP's way. */
export function wordsOf({
  tokenizer,
  words,
}: {
  readonly tokenizer?: object | undefined;
  readonly words?: Words | undefined;
}): Words | undefined {
  if (tokenizer === undefined) return undefined;
  return (
    words ?? ('wordPiece' in tokenizer || 'sentencePiece' in tokenizer ? wordsSchema.parse({}) : undefined)
  );
}
