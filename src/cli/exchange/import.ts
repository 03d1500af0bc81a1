import { createReadStream } from 'node:fs';
import type { Collection, Collections } from '../../engine/index.js';
import { ClipgraphError } from '../../errors/index.js';
import { differencesOf } from '../../models/index.js';
import type { NewRow, Space } from '../../stores/index.js';
import { existing, findOrCreate } from '../collection-command.js';
import { readExport, type ReadExport } from './jsonl.js';
import { readNpy } from './npy.js';
import { readParquet } from './read-parquet.js';

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

/** What an import has done. */
interface Imported {
  readonly collection: Collection;
  /** Rows. */
  readonly written: number;
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
): Promise<Imported> {
  const input = file === '-' ? process.stdin : createReadStream(file);
  const read = await readExport(input).catch((cause: unknown) => {
    if (cause instanceof ClipgraphError) throw cause;
    throw new ClipgraphError('BAD_USER_INPUT', `The file ${file} cannot be read.`, { cause });
  });
  return restore(collections, read, name, signal);
}

async function restore(
  collections: Collections,
  { spec, rows }: ReadExport,
  name: string | undefined,
  signal: AbortSignal,
): Promise<Imported> {
  const known = await existing(collections, name ?? spec.name);
  if (known !== undefined) checkSpace(known, spec.space);
  const collection = known ?? (await collections.restore({ ...spec, name: name ?? spec.name }));
  return { collection, written: await write(collection, rows, signal) };
}

/** A collection that is made with the configured model if it is not there, for vectors that another program wrote. */
async function forVectors(
  collections: Collections,
  name: string | undefined,
  { space, dimensions }: { readonly space?: Space | undefined; readonly dimensions?: number },
): Promise<Collection> {
  if (name === undefined) {
    const message = 'Vectors have no name of their own: say --collection NAME.';
    throw new ClipgraphError('BAD_USER_INPUT', message);
  }
  const collection = await findOrCreate(collections, name);
  if (space !== undefined) checkSpace(collection, space);
  const own = collection.spec.space.dimensions;
  if (dimensions === undefined || dimensions === own) return collection;
  const message = `The array has vectors of ${dimensions} numbers, the collection ${name} those of ${own}.`;
  throw new ClipgraphError('DIMENSION_MISMATCH', message);
}

/**
 * Adds the vectors of a NumPy array to a collection.
 *
 * @throws MODEL_MISMATCH, DIMENSION_MISMATCH, BAD_USER_INPUT
 */
export async function importNpy(
  collections: Collections,
  file: string,
  name: string | undefined,
  signal: AbortSignal,
): Promise<Imported> {
  const { rows, ...shape } = await readNpy(file);
  const collection = await forVectors(collections, name, shape);
  return { collection, written: await write(collection, rows, signal) };
}

/**
 * Restores an export that is a Parquet file, or adds the vectors of another one to a collection.
 *
 * @param name of an export: as it says if absent
 * @throws MODEL_MISMATCH, BAD_USER_INPUT that names the row which is wrong
 */
export async function importParquet(
  collections: Collections,
  file: string,
  name: string | undefined,
  signal: AbortSignal,
): Promise<Imported> {
  const parquet = await readParquet(file);
  if (parquet.kind === 'export') return restore(collections, parquet.read, name, signal);
  const collection = await forVectors(collections, name, { space: parquet.space });
  const rows = parquet.rows(collection.spec.space.dimensions);
  return { collection, written: await write(collection, rows, signal) };
}
