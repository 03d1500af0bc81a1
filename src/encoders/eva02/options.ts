import { z } from 'zod';

/** What the tensors of an EVA-02 image tower can't say about it. */
export const eva02ImageOptions = z.strictObject({
  family: z.literal('eva02'),
  heads: z.number().int().positive(),
  /** Of the layer norms. */
  epsilon: z.number().positive(),
  /** The side of the grid of patches that angles are counted in, whatever the picture's own is. */
  grid: z.number().int().positive().default(16),
});

export type Eva02ImageOptions = z.infer<typeof eva02ImageOptions>;
