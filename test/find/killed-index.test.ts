import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import embedded from '../../plugins/stores/embedded/index.js';
import postgres from '../../plugins/stores/postgres/index.js';
import type { Row, StorePlugin } from '../../src/stores/index.js';
import { describeWithPostgresUrl } from '../postgres/describe-with-postgres.js';
import { CommandLine, type IndexReport, type SearchResult } from './command-line.js';
import { photoFolder } from './pictures.js';

/** Of the issue: 50. */
const isFull = process.env.CLIPGRAPH_FULL !== undefined;
const KILLS = isFull ? 50 : 3;
const PICTURES = isFull ? 60 : 30;
/** Each run may take as long as a busy machine needs. */
const TIMEOUT_MS = 180_000 + 60_000 * KILLS;

/** All that is kept, by the paths of the files. */
async function rowsOf(open: () => StorePlugin): Promise<Map<string, Row>> {
  const store = open();
  try {
    const spec = (await store.list()).at(0);
    if (spec === undefined) return new Map();
    const rows = new Map<string, Row>();
    for await (const row of (await store.open(spec.name)).scan()) rows.set(row.origin!.path, row);
    return rows;
  } finally {
    await store.close();
  }
}

/** What was there before is there as it was, and nothing by halves. */
function checkRows(rows: ReadonlyMap<string, Row>, before: ReadonlyMap<string, Row>, photos: string): void {
  for (const [name, row] of before) expect(rows.get(name)).toEqual(row);
  for (const [name, row] of rows) {
    const bytes = readFileSync(path.join(photos, name));
    expect(row.contentHash).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(row).toMatchObject({ modality: 'IMAGE', source: name, image: { bytes: bytes.length } });
    expect(Math.hypot(...row.vector)).toBeCloseTo(1, 5);
  }
}

const found = (line: CommandLine) =>
  line
    .json<SearchResult>('search', 'a circle', '-n', '200')
    .hits.map(({ item, cosine }) => ({ source: item.source, cosine }))
    .sort((a, b) => (a.source < b.source ? -1 : 1));

/** A run that is not disturbed, once for all. */
let undisturbed: ReturnType<typeof indexWhole> | undefined;
async function indexWhole() {
  const photos = await photoFolder(PICTURES);
  const whole = new CommandLine();
  const from = performance.now();
  const { count } = whole.json<IndexReport>('index', photos);
  const duration = performance.now() - from;
  const expected = found(whole);
  expect(expected).toHaveLength(count);
  return { photos, count, duration, expected };
}

/** Kills it at random moments, looks each time at what is kept, and compares the end with a run that was not disturbed. */
async function killIndexing(killed: CommandLine, open: () => StorePlugin): Promise<void> {
  undisturbed ??= indexWhole();
  const { photos, count, duration, expected } = await undisturbed;
  let kept = new Map<string, Row>();
  for (let kill = 0; kill < KILLS; kill++) {
    const program = killed.start('index', photos);
    const ended = once(program, 'exit');
    await Promise.race([delay(Math.random() * duration), ended]);
    program.kill('SIGKILL');
    await ended;
    const rows = await rowsOf(open);
    checkRows(rows, kept, photos);
    kept = rows;
  }
  const last = killed.json<IndexReport>('index', photos);
  expect(last.count).toBe(count);
  const [{ added, unchanged, refused }] = last.folders;
  expect({ added, unchanged, refused }).toEqual({
    added: count - kept.size,
    unchanged: kept.size,
    refused: [],
  });
  checkRows(await rowsOf(open), kept, photos);
  // Other batches sum in another order: the last bits differ.
  const close = (cosine: number): unknown => expect.closeTo(cosine, 6);
  expect(found(killed)).toEqual(expected.map((hit) => ({ ...hit, cosine: close(hit.cosine) })));
}

const TITLE =
  'has all that it kept, nothing by halves, goes on where it was, and ends with the same collection';

describe('clipgraph index that is killed, with embedded', () => {
  it(
    TITLE,
    async () => {
      const line = new CommandLine();
      await killIndexing(line, () => embedded.create({ path: line.storePath }));
    },
    TIMEOUT_MS,
  );
});

describeWithPostgresUrl('clipgraph index that is killed, with postgres', (url) => {
  it(
    TITLE,
    async () => {
      const schema = `index_${process.pid}`;
      const line = new CommandLine({
        CLIPGRAPH_STORE: 'postgres',
        CLIPGRAPH_STORES_POSTGRES_URL: url(),
        CLIPGRAPH_STORES_POSTGRES_SCHEMA: schema,
      });
      await killIndexing(line, () => postgres.create({ url: url(), schema }));
    },
    TIMEOUT_MS,
  );
});
