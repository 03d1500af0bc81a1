import { checkRow, type NewRow } from '../../stores/index.js';
import type { Many } from '../stream.js';
import type { OpenCollection } from './open-collection.js';
import { Room } from './room.js';

/** Rows that are written together. */
const MOST_TOGETHER = 256;

/**
 * Writes rows as they were kept elsewhere, in this very space: nothing is embedded. Those that are there are replaced.
 *
 * @returns yields how many are written, batch by batch
 * @throws DIMENSION_MISMATCH, INVALID_VECTOR, BAD_USER_INPUT for a row that cannot be kept; COLLECTION_FULL
 */
export async function* restoreRows(
  open: OpenCollection,
  rows: Many<NewRow>,
  signal: AbortSignal,
): AsyncGenerator<number, undefined> {
  const room = await Room.of(open);
  let batch: NewRow[] = [];
  let written = 0;
  const write = async (): Promise<void> => {
    const known = await open.stored.get(batch.map(({ id }) => id));
    const added = batch.filter((_row, i) => known[i] === undefined);
    const bytes = added.reduce((sum, row) => sum + room.bytesOfRow(row), 0);
    await room.make({ items: added.length, bytes }, () => open.stored.upsert(batch));
    written += batch.length;
    batch = [];
  };
  for await (const row of rows) {
    signal.throwIfAborted();
    checkRow(row, open.spec.space.dimensions);
    batch.push(row);
    if (batch.length < MOST_TOGETHER) continue;
    await write();
    yield written;
  }
  if (batch.length > 0) await write();
  yield written;
  return undefined;
}
