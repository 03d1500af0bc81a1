import { createReadStream } from 'node:fs';
import type { Collection, Collections } from '../../engine/index.js';
import { ClipgraphError } from '../../errors/index.js';
import { differencesOf } from '../../models/index.js';
import type { NewRow, Space } from '../../stores/index.js';
import { existing, findOrCreate } from '../collection-command.js';
import { readExport } from './jsonl.js';
import { readNpy } from './npy.js';

/**
 * @throws MODEL_MISMATCH that says what differs
 */
function checkSpace({ name, spec }: Collection, space: Space): void {
  const differences = differencesOf(spec.space, space);
  if (differences.length === 0) return;
  const message = `The collection ${name} was made with ${spec.model}, in another space than what is imported: ${differences.join('; ')}. Import it under another name.`;
  throw new ClipgraphError('MODEL_MISMATCH', message);
}

async function write(
  collection: Collection,
  rows: AsyncIterable<NewRow>,
  signal: AbortSignal,
): Promise<number> {
  let written = 0;
  for await (written of collection.restore(rows, signal));
  return written;
}

/**
 * Restores an export; into a collection that is there, items of the same ids are replaced.
 *
 * @param name as the export says if absent
 * @returns the collection and how many were written
 * @throws MODEL_MISMATCH for one of another space; BAD_USER_INPUT that names the line which is wrong
 */
export async function importLines(
  collections: Collections,
  file: string,
  name: string | undefined,
  signal: AbortSignal,
): Promise<{ readonly collection: Collection; readonly written: number }> {
  const input = file === '-' ? process.stdin : createReadStream(file);
  const { spec, rows } = await readExport(input).catch((cause: unknown) => {
    if (cause instanceof ClipgraphError) throw cause;
    throw new ClipgraphError('BAD_USER_INPUT', `The file ${file} cannot be read.`, { cause });
  });
  const known = await existing(collections, name ?? spec.name);
  if (known !== undefined) checkSpace(known, spec.space);
  const collection = known ?? (await collections.restore({ ...spec, name: name ?? spec.name }));
  return { collection, written: await write(collection, rows, signal) };
}

/**
 * Adds the vectors of a NumPy array to a collection, which is made with the configured model if it is not there.
 *
 * @throws MODEL_MISMATCH, DIMENSION_MISMATCH, BAD_USER_INPUT
 */
export async function importNpy(
  collections: Collections,
  file: string,
  name: string,
  signal: AbortSignal,
): Promise<{ readonly collection: Collection; readonly written: number }> {
  const { space, dimensions, rows } = await readNpy(file);
  const collection = await findOrCreate(collections, name);
  if (space !== undefined) checkSpace(collection, space);
  if (dimensions !== collection.spec.space.dimensions) {
    const message = `The array has vectors of ${dimensions} numbers, the collection ${name} those of ${collection.spec.space.dimensions}.`;
    throw new ClipgraphError('DIMENSION_MISMATCH', message);
  }
  return { collection, written: await write(collection, rows, signal) };
}
