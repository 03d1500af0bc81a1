import { z } from 'zod';
import { encoderOptions } from '../graph/encoder.js';

/** What the tensors of SigLIP's image tower can't say about it. */
export const siglipImageOptions = z.strictObject({ family: z.literal('siglip'), ...encoderOptions });

export type SiglipImageOptions = z.infer<typeof siglipImageOptions>;
