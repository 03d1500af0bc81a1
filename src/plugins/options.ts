import type { z } from 'zod';
import { ClipgraphError } from '../errors/index.js';

/**
 * A plugin's options, checked.
 *
 * @param name of the runtime, for the message
 * @throws BAD_USER_INPUT that names every wrong option
 */
export function parseOptions<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
  options: unknown,
): z.infer<Schema> {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => [...path, message].join(': ')).join('; ');
  throw new ClipgraphError('BAD_USER_INPUT', `The options under runtimes.${name} are wrong: ${issues}.`);
}
