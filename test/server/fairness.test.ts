import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Runtime } from '../../src/runtime/runtime.js';
import { connect, runServer, type RunningServer } from '../running-server.js';
import { until } from '../waiting.js';

const BATCH = 'query ($inputs: [ContentInput!]!) { embedBatch(inputs: $inputs) { __typename } }';
const ONE = 'query ($text: String!) { embed(input: { text: $text }) { dimensions } }';
/** The text of the one who asks little, whose first token no other text has. */
const ZEBRA = 'zebra';
const tokenOf = (token: string) => ({ authorization: `Bearer ${token}` });
const floods = (requests: number, texts: number) =>
  Array.from({ length: requests }, (_, i) => ({
    inputs: Array.from({ length: texts }, (__, j) => ({ text: `flood ${i} ${j}` })),
  }));

let folder: string;
let server: RunningServer;
let runtime: Runtime;
let zebra: number;
const hold = () => path.join(folder, 'hold');
const batches = (): number[][] =>
  readFileSync(path.join(folder, 'batches'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as number[]);

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'fairness-'));
  server = await runServer({
    plugins: [path.join(__dirname, '..', 'plugins', 'recording.cjs')],
    runtime: 'recording',
    runtimes: { recording: { folder } },
    auth: { tokens: ['flooding', 'quiet'] },
    cache: { maxBytes: 0 },
  });
  runtime = await server.embedder.runtimes.default();
  ({
    ids: [, zebra],
  } = await server.embedder.tokenize(ZEBRA, undefined, new AbortController()));
});
beforeEach(() => {
  writeFileSync(path.join(folder, 'batches'), '');
  writeFileSync(hold(), '');
});
afterEach(async () => {
  rmSync(hold(), { force: true });
  await until(() => runtime.waiting === 0 && server.embedder.operationRoom.size === 0);
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** All of the flood that has begun waits, but what was taken for the first batches. */
async function floodWaits(): Promise<void> {
  const seen: number[] = [];
  await until(() => {
    seen.push(runtime.waiting);
    return seen.length > 5 && seen.slice(-5).every((waiting) => waiting > 350 && waiting === seen.at(-1));
  });
}

/** Asks one thing while a batch of the flood's is held; tells which of the batches that began after it held that. */
async function batchesUntilAnswered(ask: () => Promise<unknown>): Promise<number> {
  const before = batches().length;
  const waiting = runtime.waiting;
  const answer = ask();
  await until(() => runtime.waiting > waiting);
  rmSync(hold());
  expect(await answer).toMatchObject({ data: { embed: { dimensions: 384 } } });
  return batches().findIndex((batch) => batch.includes(zebra)) - before + 1;
}

describe('beside a token that floods', () => {
  it.each([
    ['requests', floods(200, 10)],
    ['large requests', floods(16, 200)],
  ])(
    "another one's content is in one of the next three batches, of which two are made, however many %s wait",
    async (_, all) => {
      const flooding = all.map((variables) => server.post(BATCH, variables, tokenOf('flooding')));
      await until(() => batches().length === 1 && server.embedder.operationRoom.size > 1300);
      await floodWaits();
      const nth = await batchesUntilAnswered(() => server.post(ONE, { text: ZEBRA }, tokenOf('quiet')));
      expect(nth).toBeGreaterThanOrEqual(1);
      expect(nth).toBeLessThanOrEqual(3);
      const answered = new Set((await Promise.all(flooding)).map(({ status }) => status));
      expect(answered).toContain(200); // The flood has its share; what is more than may wait is OVERLOADED.
      expect([...answered].every((status) => status === 200 || status === 429)).toBe(true);
    },
  );

  it('the same over WebSocket', async () => {
    const client = connect(server, { connectionParams: tokenOf('flooding') });
    const ask = async (variables: Record<string, unknown>) => {
      for await (const answer of client.iterate({ query: BATCH, variables })) return answer.errors;
      throw new Error('It was not answered.');
    };
    const flooding = floods(8, 200).map(ask);
    await until(() => batches().length === 1 && server.embedder.operationRoom.size === 1200);
    await floodWaits();
    const nth = await batchesUntilAnswered(() => server.post(ONE, { text: ZEBRA }, tokenOf('quiet')));
    expect(nth).toBeLessThanOrEqual(3);
    expect(await Promise.all(flooding)).toEqual(Array(8).fill(undefined));
    await client.dispose();
  });

  it('an operation whose client goes away while it waits never begins', async () => {
    const client = connect(server, { connectionParams: tokenOf('flooding') });
    const leaving = floods(8, 200).map(async (variables) => {
      for await (const _ of client.iterate({ query: BATCH, variables })) return;
    });
    await until(() => server.embedder.operationRoom.size === 1200);
    await client.dispose();
    await Promise.allSettled(leaving);
    await until(() => server.embedder.operationRoom.size === 0);
    await until(() => runtime.waiting === 0);
    const begun = batches().length;
    rmSync(hold());
    await server.post(ONE, { text: ZEBRA }, tokenOf('quiet'));
    expect(batches().slice(begun).flat()).toEqual([zebra]);
  });
});
