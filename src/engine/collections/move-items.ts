import type { NewRow, Origin } from '../../stores/index.js';
import type { OpenCollection } from './open-collection.js';
import { wholeRow } from './whole-row.js';

/** Rows that are written together. */
const MOST_TOGETHER = 64;

/** What an item is called from now on: its file has another name. */
export interface Move {
  readonly from: string;
  readonly to: { readonly id: string; readonly source: string; readonly origin: Origin };
}

/**
 * Gives items other ids; vector, metadata and all else that is kept of them stays. Where a program ends on the way, an item
 * has both ids. One that is not there is passed over.
 *
 * @returns how many were there
 */
export async function moveItems({ stored }: OpenCollection, moves: readonly Move[]): Promise<number> {
  let moved = 0;
  for (let at = 0; at < moves.length; at += MOST_TOGETHER) {
    const some = moves.slice(at, at + MOST_TOGETHER);
    const rows = await stored.get(some.map(({ from }) => from));
    const renamed: NewRow[] = [];
    const gone: string[] = [];
    for (const [i, { from, to }] of some.entries()) {
      const row = rows[i];
      if (row === undefined) continue;
      renamed.push({ ...(await wholeRow(stored, row)), ...to });
      if (from !== to.id) gone.push(from);
    }
    if (renamed.length > 0) await stored.upsert(renamed);
    if (gone.length > 0) await stored.remove(gone);
    moved += renamed.length;
  }
  return moved;
}
