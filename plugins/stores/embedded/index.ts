import path from 'node:path';
import { dataHome, defineStore, expandHome, memoryBytes, parseOptions } from 'clipgraph/store';
import { z } from 'zod';
import { createStore, noFolder } from './store.js';

const NAME = 'embedded';

const optionsSchema = z.strictObject({
  /** The folder that it keeps everything in. Default `clipgraph` in the user's data directory. */
  path: z.string().min(1).optional(),
  /** Megabytes that the packed vectors of all collections in use may take. Default half of the machine's memory. */
  maxMemoryMb: z.number().int().min(1).optional(),
});

export type EmbeddedOptions = z.input<typeof optionsSchema>;

/** Collections in files of this machine: nothing to start. */
export default defineStore<EmbeddedOptions>({ name: NAME }, (given) => {
  const options = parseOptions(NAME, optionsSchema, given);
  const home = dataHome();
  const folder = options.path ?? (home && path.join(home, 'clipgraph'));
  if (folder === undefined) throw noFolder();
  const maxBytes = options.maxMemoryMb === undefined ? memoryBytes() / 2 : options.maxMemoryMb * 2 ** 20;
  return createStore({ root: path.resolve(expandHome(folder)), maxBytes });
});
