import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createClipgraph, type AddedItem, type ConfigInput, type NewItem } from '../../src/index.js';
import { AddItemsDocument, CreateCollectionDocument } from '../generated/client.js';
import { describeWithPostgresUrl } from '../postgres/describe-with-postgres.js';
import { runServerApart } from '../server-apart.js';

/** Each starts a server. */
const KILLS = process.env.CLIPGRAPH_FULL === undefined ? 3 : 50;
const BATCH = 12;
const ITEMS = 4000;

/** Vectors, so that writing is most of the work, and a text now and then. */
function itemAt(i: number): NewItem {
  const content =
    i % 50 === 0
      ? { text: `text ${i}` }
      : {
          vector: {
            values: Array.from({ length: 384 }, (_, place) => Math.fround(Math.sin(i * 384 + place))),
          },
        };
  return { id: `i${i}`, content, metadata: { number: i } };
}

/** Kills servers while they add, then looks at what is there, and goes on. */
async function killWhileAdding(config: ConfigInput): Promise<void> {
  const acknowledged = new Set<string>();
  let next = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const server = await runServerApart(config, { isWarm: false });
    const ask = async (query: string, variables: object): Promise<any> => {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
      });
      return response.json();
    };
    if (kill === 0) await ask(CreateCollectionDocument.toString(), { input: { name: 'c' } });
    let begun: () => void = () => undefined;
    const hasBegun = new Promise<void>((resolve) => (begun = resolve));
    const adding = (async () => {
      for (;;) {
        const items = Array.from({ length: BATCH }, (_, i) => itemAt((next + i) % ITEMS));
        const { data } = await ask(AddItemsDocument.toString(), { collection: 'c', items });
        for (const { item } of data.addItems) acknowledged.add(item.id);
        next += BATCH;
        begun();
      }
    })().catch(() => undefined); // It is killed.
    await hasBegun;
    await delay(Math.random() * 1000);
    process.kill(server.pid, 'SIGKILL');
    await adding;
  }
  expect(acknowledged.size).toBeGreaterThan(BATCH);

  const clipgraph = await createClipgraph(config);
  try {
    const collection = clipgraph.collection('c');
    const kept = new Map<string, number>();
    for await (const { id, metadata, vector } of collection.items()) {
      expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
      kept.set(id, metadata.number as number);
    }
    expect([...acknowledged].filter((id) => !kept.has(id))).toEqual([]);
    for (const [id, number] of kept) expect(id).toBe(`i${number}`);
    // Of the batch under way all or nothing may be there, and nothing of those after it.
    expect(kept.size).toBeLessThanOrEqual(Math.min(ITEMS, acknowledged.size + KILLS * BATCH));

    const all = Array.from({ length: Math.min(ITEMS, next + BATCH) }, (_, i) => itemAt(i));
    let unchanged = 0;
    for await (const { result } of collection.add(all)) if (!(result as AddedItem).wasEmbedded) unchanged++;
    expect(unchanged).toBe(kept.size);
    expect((await collection.info()).count).toBe(all.length);
    const { hits } = await collection.search({ itemId: 'i1' }, { first: 5 });
    expect(hits).toHaveLength(5);
  } finally {
    await clipgraph.close();
  }
}

const TITLE = 'has kept all that it acknowledged, and none by halves; adding goes on where it was';
const TIMEOUT_MS = 60_000 + KILLS * 20_000;

describe('a server that is killed while items are added to embedded', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-killed-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  it(TITLE, () => killWhileAdding({ runtime: 'cpu', stores: { embedded: { path: folder } } }), TIMEOUT_MS);
});

describeWithPostgresUrl('a server that is killed while items are added to postgres', (url) => {
  it(
    TITLE,
    () =>
      killWhileAdding({
        runtime: 'cpu',
        store: 'postgres',
        stores: { postgres: { url: url(), schema: `killed_${process.pid}` } },
      }),
    TIMEOUT_MS,
  );
});
