import type { NewRow, SearchAnswer, SearchHit, StorePlugin } from 'clipgraph/store';
import { clustered } from '../../../test/clustered-vectors.js';
import { describeWithPostgres } from '../../../test/postgres/describe-with-postgres.js';
import { bestByLoop, newRow, specOf, storeAt } from '../../../test/postgres/rows.js';
import { until } from '../../../test/waiting.js';

const DIMENSIONS = 48;
const COUNT = 3000;
const idsOf = (hits: readonly SearchHit[]): string => hits.map(({ id }) => id).join(' ');

describeWithPostgres('a large collection', (server) => {
  const stores: StorePlugin[] = [];
  const fill = async (name: string, rows: readonly NewRow[], options: object = {}) => {
    const store = storeAt(server().url, { schema: name, exactBelow: 500, ...options });
    stores.push(store);
    await store.create(specOf('things', DIMENSIONS));
    const things = await store.open('things');
    for (let i = 0; i < rows.length; i += 1000) await things.upsert(rows.slice(i, i + 1000));
    return { store, things };
  };
  const next = clustered({ dimensions: DIMENSIONS, noise: 2.6 });
  const rows = Array.from({ length: COUNT }, (_, i) =>
    newRow(String(i).padStart(5, '0'), next(), { metadata: { hundredth: i % 100, half: i % 2 } }),
  );
  const queries = Array.from({ length: 20 }, next);
  const packed = Float32Array.from(queries.flatMap((query) => [...query]));
  const recall = (
    answers: readonly SearchAnswer[],
    from: readonly NewRow[],
    limit: number,
    asked = queries,
  ): number => {
    const shares = answers.map(({ hits }, i) => {
      const best = new Set(bestByLoop(from, asked[i], limit).map(({ id }) => id));
      return hits.filter(({ id }) => best.has(id)).length / best.size;
    });
    return shares.reduce((sum, share) => sum + share, 0) / shares.length;
  };
  const isIndexed = async (schema: string): Promise<boolean> =>
    (
      await server().query(
        `select 1 from pg_index where indexrelid = to_regclass('${schema}.items_1_vector') and indisvalid`,
      )
    ).length > 0;

  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
  });

  it('is indexed, answers by the index, says so, and is exact where it is asked to be or the filter keeps little', async () => {
    const { things } = await fill('indexed', rows);
    const before = await things.search(packed, { limit: 10, effort: 'default' });
    if (!(await isIndexed('indexed'))) expect(before.map(({ isExact }) => isExact)).not.toContain(false);
    await until(() => isIndexed('indexed'), 60);

    const answers = await things.search(packed, { limit: 10, effort: 'default' });
    for (const { hits, isExact, isComplete, searched } of answers) {
      expect({ isExact, isComplete }).toEqual({ isExact: false, isComplete: true });
      expect(searched).toBeGreaterThanOrEqual(hits.length);
      expect(searched).toBeLessThan(COUNT);
    }
    expect(recall(answers, rows, 10)).toBeGreaterThanOrEqual(0.95);

    const exact = await things.search(packed, { limit: 10, effort: 'exact' });
    for (const [i, { hits, isExact, searched }] of exact.entries()) {
      expect({ isExact, searched }).toEqual({ isExact: true, searched: COUNT });
      expect(hits).toEqual(bestByLoop(rows, queries[i], 10));
    }

    const few = await things.search(packed, {
      limit: 10,
      effort: 'default',
      filter: { path: ['hundredth'], eq: 7 },
    });
    const kept = rows.filter(({ metadata }) => metadata!.hundredth === 7);
    for (const [i, { hits, isExact, searched }] of few.entries()) {
      expect({ isExact, searched }).toEqual({ isExact: true, searched: 30 });
      expect(hits).toEqual(bestByLoop(kept, queries[i], 10));
    }

    const half = await things.search(packed, {
      limit: 10,
      effort: 'default',
      filter: { path: ['half'], eq: 1 },
    });
    expect(half.map(({ isExact }) => isExact)).not.toContain(true);
    const odd = rows.filter(({ metadata }) => metadata!.half === 1);
    expect(recall(half, odd, 10)).toBeGreaterThanOrEqual(0.95);
    expect(half.every(({ hits }) => hits.every(({ id }) => Number(id) % 2 === 1))).toBe(true);
  });

  it.each([
    ['clustered', 1],
    ['hard', 2.6],
  ])(
    'of %s vectors is searched by the index under a filter that keeps few, as well as without',
    async (name, noise) => {
      const another = clustered({ dimensions: DIMENSIONS, noise, seed: 2 });
      const given = rows.map((row) => ({ ...row, vector: another() }));
      const asked = Array.from({ length: 20 }, another);
      const { things } = await fill(name, given, { exactBelow: 0 });
      await until(() => isIndexed(name), 60);
      const filter = { path: ['hundredth'], in: [7, 57] } as const;
      for (const [kept, request] of [
        [given, {}],
        [
          given.filter(({ metadata }) => filter.in.some((value) => value === metadata!.hundredth)),
          { filter },
        ],
      ] as const) {
        const packedQueries = Float32Array.from(asked.flatMap((query) => [...query]));
        const answers = await things.search(packedQueries, { limit: 10, effort: 'default', ...request });
        expect(answers.filter(({ isExact }) => !isExact).length).toBeGreaterThanOrEqual(15);
        for (const { isExact, searched } of answers)
          expect(searched).toBeLessThan(isExact ? 61 : kept.length);
        expect(recall(answers, kept, 10, asked)).toBeGreaterThanOrEqual(0.95);
      }
    },
  );

  it('looks at all that a filter keeps where the index would visit more for as many hits', async () => {
    const { things } = await fill('chosen', rows, { exactBelow: 100 });
    await until(() => isIndexed('chosen'), 60);
    const filter = { path: ['hundredth'], lt: 20 } as const;
    const told = async (limit: number) => {
      const [{ hits, isExact, searched }] = await things.search(queries[0], {
        limit,
        effort: 'default',
        filter,
      });
      return { isExact, searched, isFull: hits.length === limit };
    };
    expect(await told(50)).toEqual({ isExact: true, searched: 600, isFull: true });
    expect(await told(1)).toEqual({ isExact: false, searched: 17, isFull: true });
  });

  it('is exact where the index finds less than is wanted', async () => {
    const { things } = await fill('scarce', rows, {
      exactBelow: 0,
      hnsw: { maxScanTuples: 1, efSearch: 1 },
    });
    await until(() => isIndexed('scarce'), 60);
    const given = { limit: 1600, effort: 'default', filter: { path: ['half'], eq: 1 } } as const;
    const odd = rows.filter(({ metadata }) => metadata!.half === 1);
    const [{ hits, ...told }] = await things.search(queries[0], given);
    expect({ ...told, length: hits.length }).toEqual({
      isExact: true,
      isComplete: true,
      searched: odd.length,
      length: odd.length,
    });
    expect(idsOf(hits)).toBe(idsOf(bestByLoop(odd, queries[0], 1600)));
    // More than the index was asked to keep in sight.
    const [all] = await things.search(queries[0], { limit: 5000, effort: 'default' });
    expect(idsOf(all.hits)).toBe(idsOf(bestByLoop(rows, queries[0], 5000)));
  });

  it('is paged through by the index without a repeat, and cut at the least cosine', async () => {
    const { things } = await fill('paged', rows);
    await until(() => isIndexed('paged'), 60);
    const seen: SearchHit[] = [];
    for (let page = 0; page < 20; page++) {
      const [{ hits }] = await things.search(queries[1], {
        limit: 10,
        effort: 'default',
        after: seen.at(-1),
      });
      seen.push(...hits);
    }
    expect(new Set(seen.map(({ id }) => id)).size).toBe(200);
    const best = new Set(bestByLoop(rows, queries[1], 200).map(({ id }) => id));
    expect(seen.filter(({ id }) => best.has(id)).length).toBeGreaterThanOrEqual(190);

    const all = bestByLoop(rows, queries[2], COUNT);
    const minCosine = all[4].cosine;
    const [cut] = await things.search(queries[2], { limit: 10, effort: 'default', minCosine });
    expect(cut.hits.every(({ cosine }) => cosine >= minCosine)).toBe(true);
    // The index cannot know that nothing nearer was missed.
    expect(cut.isExact || !cut.isComplete).toBe(true);
  });

  it('of items that are all the same has them in the order of their ids, page by page', async () => {
    const [vector] = rows.map((row) => row.vector);
    const same = rows.map(({ id }) => newRow(id, vector));
    const { things } = await fill('same', same, { exactBelow: 10_000 });
    const seen: SearchHit[] = [];
    for (let page = 0; page < 5; page++) {
      const [{ hits, isExact }] = await things.search(queries[0], {
        limit: 40,
        effort: 'default',
        after: seen.at(-1),
      });
      expect(isExact).toBe(true);
      seen.push(...hits);
    }
    expect(seen).toEqual(bestByLoop(same, queries[0], 200));
  });

  it('has an index that was left half built made anew, also when the store is closed at once', async () => {
    const { store, things } = await fill('half', rows.slice(0, 400));
    await server().query('create index items_1_vector on half.items_1 (added_at)');
    await server().query(
      `update pg_index set indisvalid = false where indexrelid = 'half.items_1_vector'::regclass`,
    );
    await things.upsert(rows);
    await store.close();
    await until(() => isIndexed('half'), 60);
    const [{ def }] = await server().query(`select pg_get_indexdef('half.items_1_vector'::regclass) as def`);
    expect(def).toMatch(/USING hnsw/);
  });
});
