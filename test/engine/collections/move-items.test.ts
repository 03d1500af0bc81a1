import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { moveItems, type Move } from '../../../src/engine/collections/move-items.js';
import { inSetting } from '../../../src/stores/conformance/place.js';
import { rowsOf } from '../../../src/stores/conformance/rows.js';
import type { StoredCollection } from '../../../src/stores/index.js';

const SUBJECT = {
  name: 'embedded',
  module: path.join(__dirname, '..', '..', '..', 'plugins', 'stores', 'embedded', 'index.ts'),
  place: async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'clipgraph-moves-'));
    return { options: { path: folder }, remove: () => rm(folder, { recursive: true }) };
  },
};
const ROWS = rowsOf(400, 120).map((row) => ({ ...row, thumbnail: Buffer.from(row.id) }));
const [A, B, C, D] = ROWS.map(({ id }) => id);

const move = (from: string, id: string): Move => ({
  from,
  to: { id, source: `${id}.jpg`, origin: { root: 'root', path: `${id}.jpg`, bytes: 1, modifiedMs: 2 } },
});

/** Which item each id has now, by what each had as its number. */
async function whoIsWhere(things: StoredCollection): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { id, metadata, source } of things.scan()) {
    const from = ROWS[metadata.n as number];
    expect(Buffer.from((await things.attachment(id, 'thumbnail'))!)).toEqual(from.thumbnail);
    if (source !== null) expect(source).toBe(`${id}.jpg`);
    found[id] = from.id;
  }
  return found;
}

const asTheyWere = Object.fromEntries(ROWS.map(({ id }) => [id, id]));
const without = (all: Record<string, string>, ...gone: readonly string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(all).filter(([id]) => !gone.includes(id)));

describe('items that move', () => {
  it.each<[string, readonly Move[], Record<string, string>]>([
    ['exchange ids', [move(A, B), move(B, A)], { ...asTheyWere, [A]: B, [B]: A }],
    ['go round in a circle', [move(A, B), move(B, C), move(C, A)], { ...asTheyWere, [A]: C, [B]: A, [C]: B }],
    [
      'follow each other',
      [move(A, B), move(B, C), move(C, 'new')],
      { ...without(asTheyWere, A), [B]: A, [C]: B, new: C },
    ],
    ['keep their ids', [move(A, A), move(B, 'new')], { ...without(asTheyWere, B), new: B }],
    ['take the place of one that stays', [move(A, D)], { ...without(asTheyWere, A), [D]: A }],
    ['are not there', [move('none', A), move(B, 'new')], { ...without(asTheyWere, B), new: B }],
    [
      'all move on by one, further than a batch',
      ROWS.map(({ id }, i) => move(id, ROWS[(i + 1) % ROWS.length].id)),
      Object.fromEntries(ROWS.map(({ id }, i) => [ROWS[(i + 1) % ROWS.length].id, id])),
    ],
    [
      'follow each other in a long row',
      ROWS.map(({ id }, i) => move(id, ROWS.at(i + 1)?.id ?? 'new')),
      Object.fromEntries(ROWS.map(({ id }, i) => [ROWS.at(i + 1)?.id ?? 'new', id])),
    ],
  ])('%s and keep all that they have', (_, moves, expected) =>
    inSetting(SUBJECT, async ({ collection }) => {
      const things = await collection();
      await things.upsert(ROWS);
      const there = moves.filter(({ from }) => from !== 'none').length;
      expect(await moveItems({ stored: things }, moves)).toBe(there);
      expect(await whoIsWhere(things)).toEqual(expected);
    }),
  );
});
