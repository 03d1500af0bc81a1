import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Filter, NewRow, SearchAnswer, StoredCollection } from '../../src/stores/index.js';
import { clustered } from '../../test/clustered-vectors.js';
import { newRow, specOf, storeAt } from '../../test/postgres/rows.js';
import { percentile } from '../machine.js';

const QUERIES = 100;
const LIMIT = 10;
const BATCH = 1000;
/** Of the items, those that the filter by distance keeps. */
const FAR_SHARE = 0.1;
const FILTERS: readonly { readonly name: string; readonly filter?: Filter }[] = [
  { name: 'all items' },
  { name: 'a filter that keeps 1 %', filter: { path: ['hundredth'], eq: 37 } },
  { name: 'a filter that keeps 60 %', filter: { path: ['hundredth'], lt: 60 } },
  { name: 'a filter that keeps what is furthest from a query', filter: { path: ['isFar'], eq: true } },
];
/** How searches choose between the index and looking at all that a filter keeps. */
const CHOICES = [
  { choice: 'by default', options: {} },
  { choice: 'by the index alone', options: { exactBelow: 0 } },
];

interface Data {
  readonly name: string;
  readonly noise: number;
  readonly rows: number;
  readonly dimensions: number;
}

const seconds = (since: number): string => ((performance.now() - since) / 1000).toFixed(1);

/** What is asked of the collection by the index, beside the exact answer. */
async function compare(
  things: StoredCollection,
  queries: readonly Float32Array[],
  filter: Filter | undefined,
): Promise<{ recall: number; times: number[]; exactTimes: number[]; answers: SearchAnswer[] }> {
  const [times, exactTimes, answers]: [number[], number[], SearchAnswer[]] = [[], [], []];
  let found = 0;
  let wanted = 0;
  for (const query of queries) {
    const ask = async (effort: 'default' | 'exact', into: number[]) => {
      const from = performance.now();
      const [answer] = await things.search(query, { limit: LIMIT, effort, filter });
      into.push(performance.now() - from);
      return answer;
    };
    const answer = await ask('default', times);
    const best = new Set((await ask('exact', exactTimes)).hits.map(({ id }) => id));
    found += answer.hits.filter(({ id }) => best.has(id)).length;
    wanted += best.size;
    answers.push(answer);
  }
  return { recall: found / wanted, times, exactTimes, answers };
}

/** The recall under each filter, printed. */
async function recallsOf(things: StoredCollection, queries: readonly Float32Array[]): Promise<number[]> {
  const recalls: number[] = [];
  for (const { name: which, filter } of FILTERS) {
    const matching = await things.count(filter);
    const { recall, times, exactTimes, answers } = await compare(things, queries, filter);
    const exact = answers.filter(({ isExact }) => isExact).length;
    const searched = answers.reduce((sum, answer) => sum + answer.searched, 0) / answers.length;
    console.log(
      `    ${which} (${matching}): recall ${recall.toFixed(4)}, ${exact} of ${QUERIES} answers exact, ${searched.toFixed(0)} items looked at; ` +
        `median ${percentile(times, 0.5).toFixed(1)} ms, exact ${percentile(exactTimes, 0.5).toFixed(1)} ms`,
    );
    recalls.push(recall);
  }
  return recalls;
}

/** @returns the recalls */
export async function measureRecall(url: string, { name, noise, rows, dimensions }: Data): Promise<number[]> {
  const schema = `recall_${process.pid}`;
  const store = storeAt(url, { schema });
  await store.create(specOf('things', dimensions));
  const things = await store.open('things');
  const next = clustered({ dimensions, noise });
  const queries = Array.from({ length: QUERIES }, next);
  const [first] = queries;
  const cosineWith = (vector: Float32Array): number =>
    vector.reduce((sum, value, at) => sum + value * first[at], 0);
  const sample = Array.from({ length: BATCH }, () => cosineWith(next()));
  const farBelow = percentile(sample, FAR_SHARE);
  try {
    let inserting = 0;
    for (let start = 0; start < rows; start += BATCH) {
      const batch: NewRow[] = Array.from({ length: Math.min(BATCH, rows - start) }, (_, i) => {
        const vector = next();
        const metadata = { hundredth: (start + i) % 100, isFar: cosineWith(vector) < farBelow };
        return newRow(`item ${start + i}`, vector, { text: `the text of item ${start + i}`, metadata });
      });
      const from = performance.now();
      await things.upsert(batch);
      inserting += performance.now() - from;
    }
    console.log(`${name}: ${rows} × ${dimensions}, ${((rows / inserting) * 1000).toFixed(0)} rows a second`);
    const from = performance.now();
    while ((await things.search(first, { limit: 1, effort: 'default' }))[0].isExact) {
      if (performance.now() - from > 1_800_000) throw new Error('The index was not built in half an hour.');
      await delay(200);
    }
    const { bytes } = await things.state();
    console.log(
      `  searched by the index ${seconds(from)} s after the last row; ${(bytes / 1e6).toFixed(0)} MB in all`,
    );
    const recalls: number[] = [];
    for (const { choice, options } of CHOICES) {
      const chooser = storeAt(url, { schema, ...options });
      try {
        console.log(`  ${choice}:`);
        recalls.push(...(await recallsOf(await chooser.open('things'), queries)));
      } finally {
        await chooser.close();
      }
    }
    return recalls;
  } finally {
    await store.drop('things');
    await store.close();
  }
}
