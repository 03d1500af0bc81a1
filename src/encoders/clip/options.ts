import { z } from 'zod';
import { encoderOptions } from '../graph/encoder.js';

const family = z.literal('clip').optional();

/** What the tensors of CLIP's text tower can't say about it. */
export const clipTextOptions = z
  .strictObject({
    family,
    ...encoderOptions,
    /** Its first place is pooled; 2, in old configurations, stands for the largest id of all. */
    endMarker: z.number().int().nonnegative().optional(),
    /** Whether a token sees those before it alone. */
    isCausal: z.boolean().default(true),
    /** `end`: the first place of `endMarker`; `marker`: the same, with no exception for 2; `last`: the last place of the context. */
    pooling: z.enum(['end', 'marker', 'last']).default('end'),
  })
  .refine(({ endMarker, pooling }) => pooling === 'last' || endMarker !== undefined, {
    path: ['endMarker'],
    error: 'is needed: its first place is pooled',
  });

/** The same of its image tower. */
export const clipImageOptions = z.strictObject({
  family,
  ...encoderOptions,
  /** `mean`: of the patches, without the class token. */
  pooling: z.enum(['class', 'mean']).default('class'),
  /** Whether there is a norm before the first layer. */
  hasPreNorm: z.boolean().default(true),
});

export type ClipTextOptions = z.infer<typeof clipTextOptions>;
export type ClipImageOptions = z.infer<typeof clipImageOptions>;
