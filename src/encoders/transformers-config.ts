import { z } from 'zod';
import { check } from './description.js';

export const count = z.number().int().positive();

/** A part of a `config.json`, as far as it is looked at. */
export const part = z.record(z.string(), z.unknown()).nullish();

/** Parses a part of a configuration, with what does not fit named by its own path: `text_config.num_attention_heads`. */
export function checkPart<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  key: string,
  file: string,
): z.infer<Schema> {
  return (check(z.object({ [key]: schema }), { [key]: value }, file) as Record<string, z.infer<Schema>>)[key];
}
