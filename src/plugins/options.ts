import type { z } from 'zod';
import { ClipgraphError } from '../errors/index.js';

/** Where in the configuration the options of a kind of plugin are. */
export type OptionsSection = 'runtimes' | 'stores';

/** The function that checks the options of plugins of one kind: its messages name the key of the configuration. */
export function optionsParser(section: OptionsSection) {
  /**
   * A plugin's options, checked.
   *
   * @param name of the plugin, for the message
   * @throws BAD_USER_INPUT that names every wrong option
   */
  return function parseOptions<Schema extends z.ZodType>(
    name: string,
    schema: Schema,
    options: unknown,
  ): z.infer<Schema> {
    const result = schema.safeParse(options);
    if (result.success) return result.data;
    const issues = result.error.issues.map(({ path, message }) => [...path, message].join(': ')).join('; ');
    throw new ClipgraphError('BAD_USER_INPUT', `The options under ${section}.${name} are wrong: ${issues}.`);
  };
}
