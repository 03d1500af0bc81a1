import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { PACKAGE_ROOT, suggestion } from '../config/index.js';
import { ClipgraphError } from '../errors/index.js';

export const EXAMPLES_FOLDER = path.join(PACKAGE_ROOT, 'examples');

const exampleSchema = z.strictObject({
  name: z.string(),
  file: z.string(),
  caption: z.string(),
  source: z.string(),
  author: z.string(),
  license: z.string(),
});

/** A picture that ships with the package, free of rights. */
export type Example = z.infer<typeof exampleSchema>;

export const EXAMPLES: readonly Example[] = z
  .array(exampleSchema)
  .parse(JSON.parse(readFileSync(path.join(EXAMPLES_FOLDER, 'sources.json'), 'utf8')));

/**
 * The bytes of an example.
 *
 * @throws BAD_USER_INPUT with the nearest name
 */
export async function readExample(name: string): Promise<Uint8Array> {
  const example = EXAMPLES.find((candidate) => candidate.name === name);
  if (example !== undefined) return readFile(path.join(EXAMPLES_FOLDER, example.file));
  const names = EXAMPLES.map((candidate) => candidate.name);
  throw new ClipgraphError(
    'BAD_USER_INPUT',
    `There is no example of this name.${suggestion(name, names)} There are ${names.join(', ')}.`,
  );
}
