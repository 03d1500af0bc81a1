import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { makeStore, specOf } from '../../src/stores/conformance/place.js';
import { rowsOf } from '../../src/stores/conformance/rows.js';
import type { StorePlugin } from '../../src/stores/index.js';

/**
 * `read-only.ts MODULE FOLDER make|look`: makes a collection, or asks and changes one whose disk can only be read, and prints
 * what came of each.
 */

const ROWS = rowsOf(50, 1);

function hashOf(folder: string): string {
  const hash = createHash('sha256');
  const files = path.join(folder, 'collections');
  for (const name of readdirSync(files).sort())
    hash.update(name).update(readFileSync(path.join(files, name)));
  return hash.digest('hex');
}

async function look(store: StorePlugin, folder: string): Promise<object> {
  const before = hashOf(folder);
  const said = async (work: () => Promise<unknown>): Promise<unknown> => {
    try {
      return await work();
    } catch (error) {
      const { code, message } = error as { code: string; message: string };
      return { code, message };
    }
  };
  const open = () => store.open('things');
  const outcomes = {
    probe: await said(() => store.probe()),
    list: await said(() => store.list()),
    search: await said(async () => (await open()).search(ROWS[0].vector, { limit: 1, effort: 'exact' })),
    upsert: await said(async () => (await open()).upsert(ROWS)),
    create: await said(() => store.create(specOf('others'))),
    drop: await said(() => store.drop('things')),
  };
  await store.close();
  return { ...outcomes, isUnchanged: hashOf(folder) === before };
}

async function main([module, folder, what]: readonly string[]): Promise<void> {
  const store = await makeStore({ name: 'embedded', module }, { path: folder });
  if (what === 'look') {
    console.log(JSON.stringify(await look(store, folder)));
    return;
  }
  await store.create(specOf('things'));
  await (await store.open('things')).upsert(ROWS);
  await store.close();
}

void main(process.argv.slice(2));
