import { check } from '../../runtime/conformance/checks.js';
import type { ScanRequest, StoredCollection } from '../contract.js';
import { checkSameRow, keptOf, rowOf, rowsOf } from './rows.js';
import { tests } from './tests.js';

async function idsOf(things: StoredCollection, request?: ScanRequest): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of things.scan(request)) ids.push(id);
  return ids;
}

function checkIds(actual: readonly string[], expected: readonly string[]): void {
  check(
    actual.join('\n') === expected.join('\n'),
    () =>
      `${actual.length} ids from ${actual[0]} to ${actual.at(-1)}, not ${expected.length} from ${expected[0]} to ${expected.at(-1)}`,
  );
}

/** Going through the rows. */
export const scanTests = tests({
  'goes through all in the order of their ids, and on from any of them': async ({ collection }) => {
    const things = await collection();
    checkIds(await idsOf(things), []);
    const rows = rowsOf(700, 40);
    const ids = rows.map(({ id }) => id);
    await things.upsert([...rows].reverse());
    checkIds(await idsOf(things), ids);
    const seen: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await idsOf(things, { after, limit: 99 });
      seen.push(...page);
      if (page.length === 0) break;
      after = page.at(-1);
    }
    checkIds(seen, ids);
    checkIds(await idsOf(things, { after: 'r00500x', limit: 2 }), ids.slice(501, 503));
    checkIds(await idsOf(things, { limit: 0 }), []);
    checkIds(await idsOf(things, { after: 'zzz' }), []);
    const filter = { path: ['tenth'], eq: 4 } as const;
    const fours = ids.filter((_, i) => i % 10 === 4);
    checkIds(await idsOf(things, { filter }), fours);
    checkIds(await idsOf(things, { filter, after: fours[10], limit: 5 }), fours.slice(11, 16));
  },

  'shows what there was when it began, whatever is written meanwhile': async ({ collection, another }) => {
    const things = await collection();
    const rows = rowsOf(900, 41);
    await things.upsert(rows);
    const theirs = await (await another()).open('things');
    const seen: string[] = [];
    for await (const row of things.scan()) {
      if (seen.length === 0) {
        await things.remove(rows.slice(500, 600).map(({ id }) => id));
        await things.upsert([
          rowOf(rows[899].id, rows[0].vector, { text: 'changed' }),
          rowOf('r00700x', rows[0].vector),
        ]);
        await theirs.remove(rows.slice(600, 650).map(({ id }) => id));
        await theirs.upsert([rowOf('r00800x', rows[0].vector)]);
      }
      checkSameRow(row, keptOf(rows[seen.length]));
      seen.push(row.id);
    }
    checkIds(seen, rows.map(({ id }) => id)); // prettier-ignore
    const after = await idsOf(things);
    check(after.length === 900 - 150 + 2, () => `afterwards there are ${after.length}`);
  },

  'can be left in the middle, or aborted, and several go on at once': async ({ collection }) => {
    const things = await collection();
    const rows = rowsOf(600, 42);
    const ids = rows.map(({ id }) => id);
    await things.upsert(rows);
    for (let i = 0; i < 20; i++) {
      for await (const { id } of things.scan()) {
        check(id === ids[0], () => `the first one is ${id}`);
        break;
      }
    }
    const reason = new Error('left');
    const before = await idsOf(things, { signal: AbortSignal.abort(reason) }).catch(
      (error: unknown) => error,
    );
    check(before === reason, () => 'a scan that was aborted before does not reject with the reason');
    const controller = new AbortController();
    const walk = async (): Promise<void> => {
      for await (const { id } of things.scan({ signal: controller.signal })) {
        if (id === ids[1]) controller.abort(reason);
      }
    };
    const late = await walk().catch((error: unknown) => error);
    check(late === reason, () => 'a scan that is aborted goes on');
    for (const seen of await Promise.all([idsOf(things), idsOf(things), idsOf(things)])) checkIds(seen, ids);
    check((await things.remove(ids)) === ids.length, () => 'a scan that ended keeps rows from being removed');
  },
});
