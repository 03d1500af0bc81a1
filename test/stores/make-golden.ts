import { rmSync } from 'node:fs';
import path from 'node:path';
import { makeStore, specOf } from '../../src/stores/conformance/place.js';
import { rowsOf } from '../../src/stores/conformance/rows.js';

/**
 * `npx tsx test/stores/make-golden.ts FOLDER`: made test/goldens/embedded-store-1, with the code of the first version of the format. That
 * one stays as it is; a later version of the format gets one of its own.
 */
async function main(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  const module = path.join(__dirname, '..', '..', 'plugins', 'stores', 'embedded', 'index.ts');
  const store = await makeStore({ name: 'embedded', module }, { path: folder });
  await store.create(specOf('old', { description: 'Made by the first version.' }));
  const things = await store.open('old');
  await things.upsert(rowsOf(40, 102).map((row) => ({ ...row, thumbnail: Buffer.from('small') })));
  await store.close();
}

void main(process.argv[2]);
