import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { StoredCollection } from 'clipgraph/store';
import { searchAndCheck } from '../../src/stores/conformance/answers.js';
import { makeStore, specOf } from '../../src/stores/conformance/place.js';
import { rowsOf } from '../../src/stores/conformance/rows.js';

/** `full-disk.ts MODULE FOLDER`: fills the disk that the folder is on through the embedded store, and prints what came of it. */

async function holds(things: StoredCollection, count: number): Promise<boolean> {
  const expected = rowsOf(20_000, 1);
  let seen = 0;
  for await (const { id, text } of things.scan()) {
    if (id !== expected[seen].id || text !== expected[seen].text) return false;
    seen++;
  }
  return seen === count && (await things.count()) === count;
}

async function main([module, folder]: readonly string[]): Promise<void> {
  const store = await makeStore({ name: 'embedded', module }, { path: folder });
  const ballast = path.join(folder, 'ballast');
  writeFileSync(ballast, Buffer.alloc(2_500_000));
  await store.create(specOf('things'));
  const things = await store.open('things');
  const rows = rowsOf(20_000, 1);
  let kept = 0;
  const fill = async (): Promise<unknown> => {
    try {
      for (; kept < rows.length; kept += 100) await things.upsert(rows.slice(kept, kept + 100));
    } catch (error) {
      return error;
    }
    return undefined;
  };
  const { code, message } = (await fill()) as { code: string; message: string };
  const isWhole = await holds(things, kept);
  await searchAndCheck(things, rows.slice(0, kept), [rows[3].vector]);
  rmSync(ballast);
  const before = kept;
  await fill();
  const result = {
    code,
    message,
    isWhole,
    isSearched: true,
    goesOn: kept > before,
    isWholeAfterwards: await holds(things, kept),
  };
  await store.close();
  console.log(JSON.stringify(result));
}

void main(process.argv.slice(2));
