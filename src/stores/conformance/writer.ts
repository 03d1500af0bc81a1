import { inspect } from 'node:util';
import { makeStore } from './place.js';
import { rowsOf } from './rows.js';

/** What a writer is told: which plugin, where, and how it writes. */
export interface WriterTask {
  readonly name: string;
  readonly module: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly collection: string;
  readonly rows: number;
  readonly batch: number;
  readonly seed: number;
}

/** Writes batches until it is killed, and says each as soon as it is acknowledged. */
async function write({ collection, rows: count, batch, seed, ...plugin }: WriterTask): Promise<void> {
  const store = await makeStore(plugin, plugin.options);
  const things = await store.open(collection);
  const rows = rowsOf(count, seed).map((row) => ({ ...row, thumbnail: Buffer.from(row.id) }));
  for (let i = 0; i < count; i += batch) {
    await things.upsert(rows.slice(i, i + batch));
    process.send?.(i + batch);
  }
  await store.close();
  process.disconnect();
}

process.once('message', (task: WriterTask) => {
  write(task).catch((error: unknown) => {
    process.send?.(inspect(error));
    process.exitCode = 1;
    process.disconnect();
  });
});
