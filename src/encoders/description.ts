import type { z } from 'zod';
import type { PixelPlan } from '../core/image/index.js';
import type { Cleaning, LowerCase } from '../core/text/index.js';
import { ClipgraphError } from '../errors/index.js';

/** What a model's files say of the plan of its pixels: the crop is its image tower's. */
export type Preparation = Omit<PixelPlan, 'crop'>;

/** What a family knows of how its texts are prepared, beside what the tokenizer's files say; all of it may be left to these. */
export interface FamilyWords {
  /** Which tokenizer of transformers it is where no `tokenizer_config.json` says it. */
  readonly tokenizerClass?:
    'BertTokenizer' | 'GemmaTokenizer' | 'SiglipTokenizer' | 'T5Tokenizer' | 'XLMRobertaTokenizer';
  /** open_clip's `clean`; its default for a tokenizer of Hugging Face is `whitespace`. */
  readonly cleaning?: Cleaning;
  readonly lowerCase?: LowerCase;
  /** Markers around each text in place of those that the files state, by their pieces. */
  readonly prefix?: readonly string[];
  readonly suffix?: readonly string[];
  /** CLIPA's `strip_sep_token`: 0 in the place of the separator. */
  readonly stripSeparator?: boolean;
}

/** What a configuration says of a model, whichever library wrote it. */
export interface ModelDescription {
  readonly architecture: string;
  /** Numbers in an embedding, as far as the configuration knows. */
  readonly projection: number;
  readonly contextLength: number;
  readonly imageSize: number;
  /** What the tensors of its towers can't say about them: by the schema of each one's family. */
  readonly encoders: { readonly text?: object; readonly image?: object };
  /** How a logit becomes a probability. Default: by a softmax over what is compared. */
  readonly scoring?: 'softmax' | 'sigmoid';
  /** Given for a model whose tokenizer is not CLIP's, whatever its files say. */
  readonly words?: FamilyWords;
  /**
   * What fills up shorter texts, and to which length. The id is the tokenizer's own where it is not given; a graph that masks
   * what was filled up masks this id, which no text spells unless it is read strictly.
   */
  readonly padding?: { readonly id?: number; readonly to?: 'longest' | 'context' };
  /** Empty where a file of its own says it. */
  readonly preparation: Partial<Preparation>;
}

/**
 * A file's content by its schema.
 *
 * @param name of the file
 * @throws MODEL_UNAVAILABLE that names what does not fit
 */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  name: string,
): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues
    .map((issue) => [issue.path.join('.'), issue.message].filter(Boolean).join(': '))
    .join('; ');
  throw new ClipgraphError(
    'MODEL_UNAVAILABLE',
    `The model's ${name} is not that of a model that is supported: ${issues}.`,
  );
}
