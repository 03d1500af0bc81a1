import { z } from 'zod';
import { imageOptions, textOptions } from '../encoders/index.js';
import { clipPlan, CLIP_NORMALIZATION, FILTERS, type PixelPlan } from '../core/image/index.js';
import { wordsSchema } from './words.js';

const fileName = z
  .string()
  .min(1)
  .refine(
    (name) => !name.startsWith('/') && !name.split(/[\\/]/).includes('..'),
    'must lie inside the folder',
  );
const channels = z.tuple([z.number(), z.number(), z.number()]);
const positive = z.number().int().positive();
const divisor = z.number().refine((value) => Math.fround(value) !== 0, 'must not be 0');

const towerSchema = z.strictObject({
  /** The ONNX graph, relative to the manifest; absent where it is built over the weights. */
  graph: fileName.optional(),
  /** The graph's names of its input and of the pooled embedding. */
  input: z.string().min(1),
  output: z.string().min(1),
  /** Of a text tower that gives them: the output of one vector a token, `[batch, length, width]`. */
  states: z.string().min(1).optional(),
});

const rangeSchema = z
  .strictObject({
    /** The typical cosine of contents that have nothing to do with each other. */
    unrelated: z.number().min(-1).max(1),
    /** The typical cosine of contents that mean the same. */
    related: z.number().min(-1).max(1),
  })
  .refine(({ unrelated, related }) => unrelated < related, 'unrelated must be below related');

/** The file of a model's folder that says what it is. */
export const MANIFEST = 'clipgraph.json';

/** `clipgraph.json`: what a model is. */
export const manifestSchema = z.strictObject({
  /** What requests call it: any text of one line. */
  id: z.string().regex(/^(?! )\P{C}+(?<! )$/u, 'must be a name of one line'),
  aliases: z.array(z.string().min(1)).default([]),
  revision: z.string().optional(),
  license: z.string().optional(),
  description: z.string().min(1),
  architecture: z.string().optional(),
  dimensions: positive,
  /** Tokens, with the two markers. */
  contextLength: positive,
  /** The edge of the square of pixels that the image tower takes. */
  imageSize: positive,
  towers: z.strictObject({ text: towerSchema.optional(), image: towerSchema.optional() }),
  /** The checkpoint that towers without a graph are built over, or the index of its shards. */
  weights: fileName.optional(),
  /** A last layer of the text tower that lies in a checkpoint of its own: sentence-transformers' dense layer. */
  projection: fileName.optional(),
  /** What a checkpoint's tensors can't say about the towers that are built over them. */
  encoders: z.strictObject({ text: textOptions.optional(), image: imageOptions.optional() }).prefault({}),
  /** CLIP's two files, or the one that holds a whole tokenizer; `vocab.txt` of a WordPiece, `spiece.model` of sentencepiece. */
  tokenizer: z
    .union([
      z.strictObject({ vocabulary: fileName, merges: fileName }),
      z.strictObject({ json: fileName }),
      z.strictObject({ wordPiece: fileName }),
      z.strictObject({ sentencePiece: fileName }),
    ])
    .optional(),
  /** How texts become tokens where that is not CLIP's way. A tokenizer without it is CLIP's, of `json` too. */
  words: wordsSchema.optional(),
  /** Texts that are tokens of their own wherever they stand: `!` where that is what fills up shorter texts. */
  addedTokens: z.record(z.string().min(1), z.number().int().nonnegative()).default({}),
  preparation: z
    .strictObject({
      convention: z.enum(['hf', 'hf4', 'openai']).default('hf'),
      /** Default: the shortest side to `imageSize`. */
      resize: z
        .union([
          z.strictObject({ shortest: positive }),
          z.strictObject({ height: positive, width: positive }),
          z.literal('none'),
        ])
        .optional(),
      filter: z.enum(FILTERS).default('bicubic'),
      /** What a sample of 0 to 255 is multiplied by, before `mean` is taken off and `std` divided by. */
      rescaleFactor: z.number().default(CLIP_NORMALIZATION.rescaleFactor),
      mean: channels.default([...CLIP_NORMALIZATION.mean]),
      std: z.tuple([divisor, divisor, divisor]).default([...CLIP_NORMALIZATION.std]),
    })
    .prefault({}),
  /**
   * What fills up shorter texts of a batch, and to which length. CLIP's attention is causal and pooling takes the first end
   * marker, so that neither changes its numbers; `context` is for a model in which they do.
   */
  padding: z
    .strictObject({
      id: z.number().int().nonnegative().default(49_407),
      to: z.enum(['longest', 'context']).default('longest'),
    })
    .prefault({}),
  /** exp(logit_scale): what a cosine is multiplied by. */
  logitScale: z.number().positive().optional(),
  /** What is added to that: of models that are scored by a sigmoid. */
  logitBias: z.number().optional(),
  /** How a logit becomes a probability: `softmax` over what is compared, or `sigmoid` of each by itself. */
  scoring: z.enum(['softmax', 'sigmoid']).default('softmax'),
  dtype: z.string().min(1).default('fp32'),
  /** What cosines of this model look like, by the kinds of the two contents. */
  scoreRanges: z
    .strictObject({
      textText: rangeSchema.optional(),
      imageText: rangeSchema.optional(),
      imageImage: rangeSchema.optional(),
    })
    .prefault({}),
});

export type Manifest = z.infer<typeof manifestSchema>;

/** How pictures become the input of a model's image tower. */
export function pixelPlanOf({ preparation, imageSize }: Manifest): PixelPlan {
  const { crop, resize } = clipPlan(imageSize);
  return { ...preparation, resize: preparation.resize ?? resize, crop };
}

export type ScoreRange = z.infer<typeof rangeSchema>;
