import { z } from 'zod';

const encoder = {
  heads: z.number().int().positive(),
  /** As config.json names it: `quick_gelu`. */
  activation: z.string().min(1),
  /** Of the layer norms. */
  epsilon: z.number().positive(),
};

/** What the tensors of CLIP's text tower can't say about it. */
export const clipTextOptions = z.strictObject({
  ...encoder,
  /** Its first place is pooled; 2, in old configurations, stands for the largest id of all. */
  endMarker: z.number().int().nonnegative(),
});

/** The same of its image tower. */
export const clipImageOptions = z.strictObject(encoder);

export type ClipTextOptions = z.infer<typeof clipTextOptions>;
export type ClipImageOptions = z.infer<typeof clipImageOptions>;
