import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { exportLines, readExport } from '../../src/cli/exchange/jsonl.js';
import { addAll, NEVER, runEngine, type RunningEngine } from '../engine/collections/engine.js';

const COUNT = 700;
const item = (i: number, sign = 1) => ({
  id: String(i).padStart(4, '0'),
  content: {
    vector: { values: Float32Array.from({ length: 384 }, (_, j) => sign * (1 + ((i * 7 + j) % 11))) },
  },
  metadata: { sign },
});

let engine: RunningEngine;
beforeAll(async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-export-'));
  engine = await runEngine({ store: 'embedded', stores: { embedded: { path: folder } } });
});
afterAll(() => engine.close());

it('is of one moment, whoever adds, changes and removes meanwhile, and restores that', async () => {
  const collection = await engine.collections.create({ name: 'busy' });
  await addAll(
    collection,
    Array.from({ length: COUNT }, (_, i) => item(2 * i)),
  );
  const lines: string[] = [];
  for await (const line of exportLines(collection, false)) {
    lines.push(line);
    if (lines.length !== 10) continue;
    // All of it behind the place that is read, where a plain walk would meet it.
    await addAll(collection, [item(2 * COUNT - 1), item(2 * COUNT + 1), item(1000, -1)]);
    await collection.remove([item(600).id, item(2 * COUNT - 2).id]);
  }
  expect(lines).toHaveLength(1 + COUNT);
  const { spec, rows } = await readExport(Readable.from([lines.join('\n')]));
  const restored = await engine.collections.restore({ ...spec, name: 'restored' });
  for await (const written of restored.restore(rows, NEVER)) expect(written).toBeLessThanOrEqual(COUNT);
  const [kept, changed, added] = await restored.get([item(600).id, item(1000).id, item(2 * COUNT + 1).id]);
  expect([kept?.metadata, changed?.metadata, added]).toEqual([{ sign: 1 }, { sign: 1 }, undefined]);
  expect(await restored.count()).toBe(COUNT);
});
