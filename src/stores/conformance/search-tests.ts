import { unit } from '../../core/index.js';
import { check, expectCode } from '../../runtime/conformance/checks.js';
import type { SearchHit } from '../contract.js';
import { compareHits, hitsByLoop, searchAndCheck } from './answers.js';
import { DIMENSIONS } from './place.js';
import { rowOf, rowsOf, vectorsOf } from './rows.js';
import { tests } from './tests.js';

/** Numbers, order, limits and pages of searches. */
export const searchTests = tests({
  'finds what a plain loop finds, with its cosines to the last bit, for one query and for many': async ({
    collection,
  }) => {
    const rows = rowsOf(600, 1);
    const things = await collection();
    await things.upsert(rows);
    const queries = [...vectorsOf(6, 2), rows[17].vector, unit(rows[3].vector.map((value) => -value))];
    for (const effort of ['default', 'exact'] as const) {
      await searchAndCheck(things, rows, queries, { effort });
      for (const query of queries) await searchAndCheck(things, rows, [query], { effort, limit: 7 });
    }
    check((await things.search(new Float32Array(0), { limit: 3, effort: 'exact' })).length === 0, () => {
      return 'there are answers where there is no query';
    });
  },

  'takes a limit of zero, of all and of more than there is, and searches what is empty': async ({
    collection,
  }) => {
    const things = await collection();
    const [query] = vectorsOf(1, 3);
    await searchAndCheck(things, [], [query]);
    const rows = rowsOf(40, 3);
    await things.upsert(rows);
    for (const limit of [0, 1, 39, 40, 41, 100_000]) await searchAndCheck(things, rows, [query], { limit });
    await searchAndCheck(things, rows, [query], { filter: { any: [] } });
    await searchAndCheck(await collection('one'), [], [query], { limit: 0 });
  },

  'orders equal cosines by the bytes of ids': async ({ collection }) => {
    const [same, other, query] = vectorsOf(3, 4);
    // UTF-16 has U+FFFF after what is above it; bytes have it before.
    const ids = ['b', 'a', 'B', '\u{1f600}', '\uffff', '\ue000', 'é', 'aa', 'a\u0001', '10', '9', 'Z', ' '];
    const rows = ids.flatMap((id) => [rowOf(id, same), rowOf(`${id}-`, other)]);
    const things = await collection();
    await things.upsert(rows);
    for (let limit = 1; limit <= rows.length; limit++)
      await searchAndCheck(things, rows, [query, same], { limit });
  },

  'keeps what has at least the least cosine, the very one included': async ({ collection }) => {
    const rows = rowsOf(200, 5);
    const things = await collection();
    await things.upsert(rows);
    const query = rows[11].vector;
    const hits = hitsByLoop(rows, query, {});
    for (const minCosine of [hits[0].cosine, hits[9].cosine, 0, -1, 1]) {
      await searchAndCheck(things, rows, [query], { minCosine, limit: 50 });
    }
  },

  'pages through all without a repeat': async ({ collection }) => {
    const [same] = vectorsOf(1, 6);
    const rows = [...rowsOf(120, 6), ...Array.from({ length: 25 }, (_, i) => rowOf(`same ${i}`, same))];
    const things = await collection();
    await things.upsert(rows);
    for (const given of [{}, { filter: { path: ['tenth'], gte: 3 } }, { minCosine: 0.1 }]) {
      const all = hitsByLoop(rows, same, given);
      const seen: SearchHit[] = [];
      for (let after: SearchHit | undefined; ;) {
        const [{ hits }] = await searchAndCheck(things, rows, [same], { ...given, limit: 7, after });
        seen.push(...hits);
        after = hits.at(-1);
        if (hits.length < 7) break;
      }
      check(
        seen.length === all.length && seen.every((hit, i) => compareHits(hit, all[i]) === 0),
        () => `the pages have ${seen.length} hits, not the ${all.length} in their order`,
      );
    }
  },

  'goes on after a hit that is not there any more': async ({ collection }) => {
    const rows = rowsOf(60, 7);
    const things = await collection();
    await things.upsert(rows);
    const query = rows[0].vector;
    const after = hitsByLoop(rows, query, {})[9];
    await things.remove([after.id]);
    await searchAndCheck(things, rows.filter(({ id }) => id !== after.id), [query], { after }); // prettier-ignore
  },

  'refuses a query that has no direction or another length': async ({ collection }) => {
    const things = await collection();
    await things.upsert(rowsOf(5, 8));
    const search = (query: Float32Array) => things.search(query, { limit: 3, effort: 'exact' });
    const codes = ['DIMENSION_MISMATCH', 'INVALID_VECTOR', 'ZERO_VECTOR', 'BAD_USER_INPUT'] as const;
    await expectCode(search(new Float32Array(DIMENSIONS)), codes);
    await expectCode(search(new Float32Array(DIMENSIONS).fill(Number.NaN)), codes);
    await expectCode(search(vectorsOf(1, 8, DIMENSIONS - 1)[0]), codes);
  },

  'ends a search when nobody waits for it': async ({ collection }) => {
    const things = await collection();
    const rows = rowsOf(500, 9);
    await things.upsert(rows);
    const reason = new Error('left');
    const [query] = vectorsOf(1, 9);
    const outcome = await things
      .search(query, { limit: 3, effort: 'exact', signal: AbortSignal.abort(reason) })
      .catch((error: unknown) => error);
    check(outcome === reason, () => 'a search that was aborted before does not reject with the reason');
    const controller = new AbortController();
    const searching = things
      .search(query, { limit: 3, effort: 'exact', signal: controller.signal })
      .catch((error: unknown) => error);
    controller.abort(reason);
    const late = await searching;
    check(
      late === reason || Array.isArray(late),
      () => 'an aborted search ends with another error than the reason',
    );
    await searchAndCheck(things, rows, [query]);
  },
});
