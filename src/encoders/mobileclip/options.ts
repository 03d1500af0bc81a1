import { z } from 'zod';

/** What the tensors of MobileCLIP's image tower, a FastViT, can't say about it: nothing, but what it is. */
export const mobileClipImageOptions = z.strictObject({ family: z.literal('mobileclip') });

export type MobileClipImageOptions = z.infer<typeof mobileClipImageOptions>;
