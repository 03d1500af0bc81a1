import type { z } from 'zod';

/**
 * A plugin's options, checked.
 *
 * @param name of the runtime, for the message
 * @throws Error that names every wrong option; it becomes the reason why the runtime cannot run
 */
export function parseOptions<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
  options: unknown,
): z.infer<Schema> {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => [...path, message].join(': ')).join('; ');
  throw new Error(`The options under runtimes.${name} are wrong: ${issues}.`);
}
