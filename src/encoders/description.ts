import type { z } from 'zod';
import type { PixelPlan } from '../core/image/index.js';
import { ClipgraphError } from '../errors/index.js';

/** What a model's files say of the plan of its pixels: the crop is its image tower's. */
export type Preparation = Omit<PixelPlan, 'crop'>;

/** What a configuration says of a model, whichever library wrote it. */
export interface ModelDescription {
  readonly architecture: string;
  /** Numbers in an embedding, as far as the configuration knows. */
  readonly projection: number;
  readonly contextLength: number;
  readonly imageSize: number;
  /** What the tensors of its towers can't say about them: by the schema of each one's family. */
  readonly encoders: { readonly text?: object; readonly image?: object };
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
    `The model's ${name} is not that of a CLIP that is supported: ${issues}.`,
  );
}
