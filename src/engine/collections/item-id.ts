import { checkId } from '../../stores/check-row.js';
import type { Row, StoredCollection } from '../../stores/index.js';

/** Whether an item may have this id. */
export function isId(id: unknown): id is string {
  if (typeof id !== 'string') return false;
  try {
    checkId(id);
    return true;
  } catch {
    return false;
  }
}

/** The rows of these ids, each in its place. What can be no id has none: not every store could be asked for it. */
export async function rowsAt(
  stored: Pick<StoredCollection, 'get'>,
  ids: readonly string[],
): Promise<(Row | undefined)[]> {
  const asked = ids.filter(isId);
  const rows = await stored.get(asked);
  if (asked.length === ids.length) return rows;
  const byId = new Map(asked.map((id, i) => [id, rows[i]]));
  return ids.map((id) => byId.get(id));
}
