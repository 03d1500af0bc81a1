import { z } from 'zod';
import { encoderOptions } from '../graph/encoder.js';

/** What the tensors of a text tower of BERT's kind can't say about it. */
export const bertTextOptions = z.strictObject({
  family: z.literal('bert'),
  ...encoderOptions,
  /** The row of the table of positions that the first token has: 0 of BERT, 2 of RoBERTa. */
  firstPosition: z.number().int().nonnegative().default(0),
  /** `first`: the first token's; `mean`: of all but the padding. */
  pooling: z.enum(['first', 'mean']),
});

export type BertTextOptions = z.infer<typeof bertTextOptions>;
