import { check } from '../../runtime/conformance/checks.js';
import type { NewRow } from '../contract.js';
import { searchAndCheck } from './answers.js';
import { specOf } from './place.js';
import { rowOf, rowsOf, vectorsOf } from './rows.js';
import { tests } from './tests.js';

/** Several that use one collection at a time. */
export const sharingTests = tests({
  'shows another server each change at its next search': async ({ collection, another }) => {
    const mine = await collection();
    const theirs = await (await another()).open('things');
    let rows: readonly NewRow[] = rowsOf(200, 60);
    const queries = [rows[0].vector, rows[150].vector];
    await searchAndCheck(theirs, [], queries);
    await mine.upsert(rows);
    await searchAndCheck(theirs, rows, queries);
    await theirs.remove(rows.slice(0, 20).map(({ id }) => id));
    rows = rows.slice(20);
    await searchAndCheck(mine, rows, queries);
    const [vector] = vectorsOf(1, 61);
    await theirs.upsert([rowOf(rows[3].id, vector), rowOf('more', vector)]);
    rows = [...rows.map((row, i) => (i === 3 ? rowOf(row.id, vector) : row)), rowOf('more', vector)];
    for (const things of [mine, theirs, await (await another()).open('things')]) {
      await searchAndCheck(things, rows, [...queries, vector], { limit: 200 });
      check((await things.count()) === rows.length, () => 'one of them counts otherwise');
    }
  },

  'lets two servers write at a time, and loses nothing': async ({ collection, another }) => {
    const mine = await collection();
    const theirs = await (await another()).open('things');
    const rows = rowsOf(400, 62);
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 === 0 ? mine : theirs).upsert(rows.slice(i * 20, i * 20 + 20)),
      ),
    );
    for (const things of [mine, theirs]) await searchAndCheck(things, rows, [rows[5].vector], { limit: 400 });
    const removed = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        (i % 2 === 0 ? mine : theirs).remove(rows.slice(0, 40).map(({ id }) => id)),
      ),
    );
    const total = removed.reduce((sum, count) => sum + count, 0);
    check(total === 40, () => `40 rows were removed ${total} times`);
    await searchAndCheck(mine, rows.slice(40), [rows[5].vector], { limit: 400 });
  },

  'answers searches while it is written, each batch whole or not at all': async ({ collection }) => {
    const things = await collection();
    const rows = rowsOf(1000, 63);
    const [query] = vectorsOf(1, 64);
    await things.upsert(rows.slice(0, 50));
    const state = { acknowledged: 50, isDone: false };
    const writing = async (): Promise<void> => {
      try {
        for (let i = 50; i < rows.length; i += 50) {
          await things.upsert(rows.slice(i, i + 50));
          state.acknowledged = i + 50;
        }
      } finally {
        state.isDone = true;
      }
    };
    const searching = async (): Promise<void> => {
      while (!state.isDone) {
        const { acknowledged } = state;
        const [{ hits }] = await things.search(query, { limit: 2000, effort: 'exact' });
        check(
          hits.length % 50 === 0 && hits.length >= acknowledged,
          () =>
            `${hits.length} were found, of whole batches of 50, of which ${acknowledged} were acknowledged`,
        );
        await searchAndCheck(things, rows.slice(0, hits.length), [query], {
          filter: { path: ['n'], lt: hits.length },
          limit: 20,
        });
      }
    };
    await Promise.all([writing(), searching(), searching()]);
    await searchAndCheck(things, rows, [query], { limit: 100 });
  },

  'answers many at once, each as if it were alone': async ({ collection }) => {
    const things = await collection();
    const rows = rowsOf(500, 65);
    await things.upsert(rows);
    const queries = vectorsOf(40, 66);
    await Promise.all(
      queries.map((query, i) =>
        searchAndCheck(things, rows, [query], {
          limit: 1 + (i % 12),
          filter: i % 3 === 0 ? { path: ['tenth'], lt: i % 10 } : undefined,
          minCosine: i % 4 === 0 ? 0.3 : undefined,
        }),
      ),
    );
  },

  'goes on where it was when it is opened again': async ({ store, another }) => {
    await store.create(specOf('things'));
    const rows = rowsOf(120, 67);
    const things = await store.open('things');
    await things.upsert(rows);
    await things.remove(rows.slice(100).map(({ id }) => id));
    await store.close();
    const opened = await (await another()).open('things');
    await searchAndCheck(opened, rows.slice(0, 100), [rows[110].vector], { limit: 120 });
  },
});

const LARGE = 100_000;
const WIDE = 64;

/** As many rows as a folder of photographs has. */
export const largeTests = tests(
  {
    'finds what a plain loop finds among 100,000, also under a filter and after changes': async ({
      collection,
    }) => {
      const space = { checksum: 'c'.repeat(64), dtype: 'fp32', dimensions: WIDE };
      const things = await collection('large', { space });
      const [, same] = vectorsOf(2, 67, WIDE);
      // A hundred that are all the same, in another order than that in which they are written.
      let rows: readonly NewRow[] = rowsOf(LARGE, 68, WIDE).map((row, i) =>
        i % 1000 === 500 ? { ...row, vector: same } : row,
      );
      for (let i = LARGE; i > 0; i -= 2000) await things.upsert(rows.slice(i - 2000, i));
      const queries = [...vectorsOf(2, 69, WIDE), rows[77_777].vector, same];
      for (const filter of [undefined, { path: ['rare'], eq: true }, { path: ['tenth'], lte: 8 }] as const) {
        await searchAndCheck(things, rows, queries, { filter, limit: 20 });
      }
      const gone = rows.filter((_, i) => i % 97 === 0).map(({ id }) => id);
      check((await things.remove(gone)) === gone.length, () => 'not all were removed');
      const removed = new Set(gone);
      rows = rows.filter(({ id }) => !removed.has(id));
      await searchAndCheck(things, rows, queries, { limit: 150 });
      let count = 0;
      for await (const { id } of things.scan())
        check(id === rows[count++]?.id, () => `${id} is out of order`);
      check(
        count === rows.length && (await things.count()) === count,
        () => `${count} of ${rows.length} were seen`,
      );
    },
  },
  { isLarge: true },
);
