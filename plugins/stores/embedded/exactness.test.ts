import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { StoredCollection } from 'clipgraph/store';
import { checkAnswer } from '../../../src/stores/conformance/answers.js';
import { inSetting, specOf } from '../../../src/stores/conformance/place.js';
import { rowOf } from '../../../src/stores/conformance/rows.js';
import { clustered } from '../../../test/clustered-vectors.js';

const isFull = process.env.CLIPGRAPH_FULL !== undefined;
const COUNT = isFull ? 100_000 : 2000;
const DIMENSIONS = 512;
const BATCH = 1000;
/** One of so many has the vector of another: ties. */
const TWIN = 20;
const LIMIT = 100;

/** Ids in another order than that in which they are written. */
const idOf = (row: number): string => ((row * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, '0');

describe(`the store embedded among ${COUNT} vectors of ${DIMENSIONS} dimensions in clusters`, () => {
  const root = mkdtempSync(path.join(tmpdir(), 'clipgraph-exact-'));
  afterAll(() => {
    rmSync(root, { recursive: true });
  });
  const place = () => Promise.resolve({ options: { path: root }, remove: () => Promise.resolve() });

  it.each([
    ['easy', 1],
    ['hard', 2.6],
  ])(
    'finds what a float64 loop finds, in its order, ties by id, also when it is opened again: %s',
    (name, noise) =>
      inSetting(
        { name: 'embedded', module: path.join(__dirname, 'index.ts'), place },
        async ({ store, another }) => {
          const next = clustered({ dimensions: DIMENSIONS, noise, topics: isFull ? 200 : 20 });
          const vectors = Array.from({ length: COUNT }, next);
          for (let i = TWIN; i < COUNT; i += TWIN) vectors[i] = vectors[(i / TWIN) % 7];
          const rows = vectors.map((vector, i) => rowOf(idOf(i), vector, { metadata: { tenth: i % 10 } }));
          const space = { checksum: 'c'.repeat(64), dtype: 'fp32', dimensions: DIMENSIONS };
          await store.create(specOf(name, { space }));
          const things = await store.open(name);
          for (let i = 0; i < COUNT; i += BATCH) await things.upsert(rows.slice(i, i + BATCH));
          const queries = [...Array.from({ length: isFull ? 6 : 2 }, next), vectors[3], vectors[COUNT - 1]];
          const packed = Float32Array.from(queries.flatMap((query) => [...query]));
          const filter = { path: ['tenth'], eq: 0 } as const;
          const requests = [
            { limit: LIMIT, effort: 'default' },
            { limit: LIMIT, effort: 'default', filter },
          ] as const;
          const check = async (open: StoredCollection): Promise<void> => {
            for (const request of requests) {
              for (const [i, answer] of (await open.search(packed, request)).entries()) {
                expect(answer.isExact).toBe(true);
                checkAnswer(answer, rows, queries[i], request);
              }
            }
          };
          await check(things);
          await store.close();
          await check(await (await another()).open(name));
        },
      ),
    600_000,
  );
});
