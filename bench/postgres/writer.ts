import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { unit } from '../../src/core/index.js';
import type { NewRow } from '../../src/stores/index.js';
import { newRow, storeAt } from '../../test/postgres/rows.js';

export const DIMENSIONS = 64;
export const BATCH = 25;
/** A writer removes the oldest of its batches when it has more than these. */
const KEPT = 20;

export interface WriterTask {
  readonly url: string;
  readonly schema: string;
  readonly collection: string;
  readonly writer: number;
}

export interface WriterReport {
  readonly written: number;
  /** Batches that must be there. */
  readonly kept: readonly string[];
}

/** A direction that a text stands for, always the same. */
export function vectorOf(text: string): Float32Array {
  const bytes = Buffer.concat([0, 1].map((half) => createHash('sha512').update(`${half}${text}`).digest()));
  return unit(Float32Array.from({ length: DIMENSIONS }, (_, i) => bytes[i] - 127.5));
}

export const idOf = (batch: string, i: number): string => `${batch}/${i}`;

export function rowsOfBatch(batch: string): NewRow[] {
  return Array.from({ length: BATCH }, (_, i) => {
    const id = idOf(batch, i);
    return newRow(id, vectorOf(id), { text: `text of ${id}`, metadata: { batch } });
  });
}

/** Adds batches, replaces some, and removes the oldest, until it is told to stop. */
async function write({ url, schema, collection, writer }: WriterTask): Promise<void> {
  const store = storeAt(url, { schema, poolSize: 2 });
  const things = await store.open(collection);
  const state = { isDone: false };
  process.once('message', () => (state.isDone = true));
  process.send?.('ready');
  const kept: string[] = [];
  let written = 0;
  for (let n = 0; !state.isDone; n++) {
    const batch = `${writer}-${n}`;
    await things.upsert(rowsOfBatch(batch));
    kept.push(batch);
    if (n % 3 === 0) await things.upsert(rowsOfBatch(kept[n % kept.length]));
    written += n % 3 === 0 ? 2 * BATCH : BATCH;
    const [oldest] = kept;
    if (kept.length > KEPT && kept.shift() !== undefined) {
      const removed = await things.remove(rowsOfBatch(oldest).map(({ id }) => id));
      if (removed !== BATCH) throw new Error(`${removed} of ${BATCH} rows were removed.`);
    }
    await delay(20);
  }
  await store.close();
  process.send?.({ written, kept } satisfies WriterReport);
  process.disconnect();
}

if (require.main === module) {
  process.once('message', (task: WriterTask) => {
    write(task).catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
  });
}
