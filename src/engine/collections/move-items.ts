import type { NewRow, Origin } from '../../stores/index.js';
import type { OpenCollection } from './open-collection.js';
import { wholeRow } from './whole-row.js';

/** Rows that are written together; more where they exchange ids. */
const MOST_TOGETHER = 64;

/** What an item is called from now on: its file has another name. */
export interface Move {
  readonly from: string;
  readonly to: { readonly id: string; readonly source: string; readonly origin: Origin };
}

/**
 * Moves in batches such that none takes the place of what is still to be moved: who leaves an id goes before who gets it, and
 * those that exchange ids, in a circle of any length, go together.
 */
function* inOrder(moves: readonly Move[]): Generator<Move[]> {
  const from = new Map(moves.map((move) => [move.from, move]));
  const isPlanned = new Set<Move>();
  let batch: Move[] = [];
  for (const move of from.values()) {
    // Who is in the way of this one, and in the way of that.
    const chain = new Set<Move>();
    let next: Move | undefined = move;
    for (; next !== undefined && !isPlanned.has(next) && !chain.has(next); next = from.get(next.to.id)) {
      chain.add(next);
    }
    const isCircle = next !== undefined && chain.has(next);
    for (const each of [...chain].reverse()) {
      isPlanned.add(each);
      batch.push(each);
      if (isCircle || batch.length < MOST_TOGETHER) continue;
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

/**
 * Gives items other ids; vector, metadata and all else that is kept of them stays. They may exchange ids. Where a program
 * ends on the way, an item has both ids. One that is not there is passed over.
 *
 * @returns how many were there
 */
export async function moveItems(
  { stored }: Pick<OpenCollection, 'stored'>,
  moves: readonly Move[],
): Promise<number> {
  let moved = 0;
  for (const some of inOrder(moves)) {
    const rows = await stored.get(some.map(({ from }) => from));
    const renamed: NewRow[] = [];
    for (const [i, { to }] of some.entries()) {
      const row = rows[i];
      if (row !== undefined) renamed.push({ ...(await wholeRow(stored, row)), ...to });
    }
    const taken = new Set(renamed.map(({ id }) => id));
    const gone = some.map(({ from }) => from).filter((id, i) => rows[i] !== undefined && !taken.has(id));
    if (renamed.length > 0) await stored.upsert(renamed);
    if (gone.length > 0) await stored.remove(gone);
    moved += renamed.length;
  }
  return moved;
}
