import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StorePlugin } from 'clipgraph/store';
import { inSetting, makeStore, specOf, type Setting } from '../../../src/stores/conformance/place.js';
import { checkSameRow, keptOf, rowOf, rowsOf, vectorsOf } from '../../../src/stores/conformance/rows.js';
import { saySkipped } from '../../../test/say-skipped.js';

const PLUGIN = { name: 'embedded', module: path.join(__dirname, 'index.ts') };
const ROOT = path.join(__dirname, '..', '..', '..');
const root = mkdtempSync(path.join(tmpdir(), 'clipgraph-disk-'));
let places = 0;

function inPlace(work: (setting: Setting & { readonly folder: string }) => Promise<void>): Promise<void> {
  const folder = path.join(root, String(places++));
  const place = () => Promise.resolve({ options: { path: folder }, remove: () => Promise.resolve() });
  return inSetting({ ...PLUGIN, place }, (setting) => work({ ...setting, folder }));
}

/**
 * In which files bytes are. Read by another process: a process that closes a file loses the locks that SQLite has on it.
 */
function filesWith(folder: string, bytes: Uint8Array): string[] {
  const program = `
    const [folder, hex] = process.argv.slice(1);
    const wanted = Buffer.from(hex, 'hex');
    const fs = require('node:fs');
    const files = fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
    const has = ({ parentPath, name }) => fs.readFileSync(parentPath + '/' + name).includes(wanted);
    console.log(JSON.stringify(files.filter(has).map(({ name }) => name)));`;
  const hex = Buffer.from(bytes).toString('hex');
  return JSON.parse(
    execFileSync(process.execPath, ['-e', program, folder, hex], { encoding: 'utf8' }),
  ) as string[];
}

const SECRETS = {
  text: 'a text that nobody may read any more',
  metadata: 'a name that nobody may read any more',
  source: 'a/path/that/nobody/may/read.jpg',
  thumbnail: 'a thumbnail that nobody may see any more',
};

function secretRow(id: string) {
  const [vector] = vectorsOf(1, 95);
  return rowOf(id, vector, {
    text: SECRETS.text,
    source: SECRETS.source,
    metadata: { name: SECRETS.metadata },
    thumbnail: Buffer.from(SECRETS.thumbnail),
  });
}

/** What is left of a secret row on the disk. */
function remains(folder: string, id: string): string[] {
  const { vector } = secretRow(id);
  const all = [...Object.values(SECRETS), id].map((text) => Buffer.from(text));
  return [...all, Buffer.from(vector.buffer)].flatMap((bytes) => filesWith(folder, bytes));
}

afterAll(() => {
  rmSync(root, { recursive: true });
});

describe('the embedded store on the disk', () => {
  it('makes nothing before a collection is made, and then a folder for this account alone', () =>
    inPlace(async ({ store, folder }) => {
      expect((await store.probe()).ready).toBe(true);
      expect(await store.list()).toEqual([]);
      expect(await store.drop('things')).toBe(false);
      await expect(store.open('things')).rejects.toMatchObject({ code: 'COLLECTION_NOT_FOUND' });
      expect(existsSync(folder)).toBe(false);
      await store.create(specOf('things'));
      expect(statSync(folder).mode & 0o777).toBe(0o700);
    }));

  it('has nothing of a removed item in any file', () =>
    inPlace(async ({ collection, folder }) => {
      const things = await collection();
      const secret = secretRow('the id that nobody may read any more');
      await things.upsert([...rowsOf(300, 96), secret]);
      expect(new Set(remains(folder, secret.id)).size).toBeGreaterThan(0);
      await things.remove([secret.id]);
      expect(remains(folder, secret.id)).toEqual([]);
    }));

  it('has nothing of it as soon as who read on is done', () =>
    inPlace(async ({ collection, folder }) => {
      const things = await collection();
      const secret = secretRow('the id that nobody may read any more');
      await things.upsert([...rowsOf(300, 97), secret]);
      const scan = things.scan()[Symbol.asyncIterator]();
      await scan.next();
      await things.remove([secret.id]);
      expect(await things.get([secret.id])).toEqual([undefined]);
      await scan.return!();
      for (let i = 0; i < 100 && remains(folder, secret.id).length > 0; i++) await sleep(100);
      expect(remains(folder, secret.id)).toEqual([]);
    }));

  it('has nothing of a collection that was dropped or replaced, also while others have it open', () =>
    inPlace(async ({ store, another, folder }) => {
      const fill = async (name: string): Promise<void> => {
        await store.create(specOf(name, { description: 'a purpose that nobody may read any more' }));
        await (await store.open(name)).upsert([...rowsOf(100, 98), secretRow('secret id')]);
      };
      await fill('things');
      const theirs = await (await another()).open('things');
      expect(await theirs.count()).toBe(101);
      await fill('others');
      expect(await store.drop('others')).toBe(true);
      await store.create(specOf('next'));
      await store.rename('next', 'things', { replace: true });
      expect(remains(folder, 'secret id')).toEqual([]);
      expect(filesWith(folder, Buffer.from('a purpose that nobody may read any more'))).toEqual([]);
      await expect(theirs.count()).rejects.toMatchObject({ code: 'COLLECTION_NOT_FOUND' });
    }));

  it('gives its room back when most items are removed', () =>
    inPlace(async ({ collection, folder }) => {
      const space = { checksum: 'c'.repeat(64), dtype: 'fp32', dimensions: 512 };
      const things = await collection('things', { space });
      const rows = rowsOf(1000, 99, 512);
      await things.upsert(rows);
      const size = (): number =>
        Math.max(
          ...readdirSync(path.join(folder, 'collections')).map(
            (name) => statSync(path.join(folder, 'collections', name)).size,
          ),
        );
      await things.remove(rows.slice(990).map(({ id }) => id));
      const full = size();
      expect(full).toBeGreaterThan(1000 * 512 * 4);
      await things.remove(rows.slice(100).map(({ id }) => id));
      expect(size()).toBeLessThan(full / 4);
      await things.upsert(rows);
      expect(await things.count()).toBe(1000);
    }));

  it('takes away what a kill in the middle of a change left', () =>
    inPlace(async ({ collection, store, folder }) => {
      await (await collection()).upsert(rowsOf(10, 100));
      const [name] = readdirSync(path.join(folder, 'collections')).filter((file) =>
        /^[0-9a-f]{32}\.sqlite$/.test(file),
      );
      const left = `${'0'.repeat(32)}.sqlite`;
      cpSync(path.join(folder, 'collections', name), path.join(folder, 'collections', left));
      await store.create(specOf('more'));
      expect(readdirSync(path.join(folder, 'collections'))).not.toContain(left);
      expect(await (await store.open('things')).count()).toBe(10);
    }));

  it('takes no file of a collection for a left one when the list of collections is gone', () =>
    inPlace(async ({ collection, options, folder }) => {
      await (await collection()).upsert(rowsOf(10, 105));
      const copy = path.join(root, 'without-list');
      cpSync(folder, copy, { recursive: true });
      const files = path.join(copy, 'collections');
      const lists = readdirSync(files).filter((name) => name.startsWith('catalog'));
      for (const name of lists) rmSync(path.join(files, name));
      const store = await makeStore(PLUGIN, { ...options, path: copy });
      try {
        for (let tries = 0; tries < 2; tries++) {
          await expect(store.create(specOf('new'))).rejects.toMatchObject({
            code: 'STORE_UNAVAILABLE',
            message: expect.stringMatching(/^catalog\.sqlite .* is gone; 1 files of collections are there/),
          });
        }
        for (const name of lists) cpSync(path.join(folder, 'collections', name), path.join(files, name));
        expect(await (await store.open('things')).count()).toBe(10);
      } finally {
        await store.close();
      }
    }));

  it('refuses options that it does not know', async () => {
    await expect(makeStore(PLUGIN, { folder: 'x' })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(/^The options under stores\.embedded are wrong: .*folder/),
    });
  });

  it('opens a collection of the first version of the format', async () => {
    const folder = path.join(root, 'version-1');
    cpSync(path.join(ROOT, 'test', 'goldens', 'embedded-store-1'), folder, { recursive: true });
    const store: StorePlugin = await makeStore(PLUGIN, { path: folder });
    try {
      const [spec] = await store.list();
      expect(spec).toEqual(specOf('old', { description: 'Made by the first version.' }));
      const things = await store.open('old');
      const rows = rowsOf(40, 102);
      for await (const row of things.scan()) {
        const { thumbnail = Buffer.from('small'), ...given } = rows.shift()!;
        checkSameRow(row, keptOf({ ...given, thumbnail }));
        expect(Buffer.from((await things.attachment(row.id, 'thumbnail'))!)).toEqual(Buffer.from('small'));
      }
      expect(rows).toEqual([]);
      await things.upsert(rowsOf(60, 103));
      expect(await things.count()).toBe(60);
    } finally {
      await store.close();
    }
  });

  it('keeps what was acknowledged when the disk is full, says so, and goes on when there is room', () => {
    const program = path.join(ROOT, 'test', 'stores', 'full-disk.ts');
    const folder = path.join(root, 'small');
    // A file system of a few megabytes, which no other process sees.
    const script = 'mkdir "$1" && mount -t tmpfs -o size=6m tmpfs "$1" && shift && exec "$@"';
    const node = [process.execPath, '--require', 'tsx/cjs', program, PLUGIN.module, folder];
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      ['-m', 'sh', '-c', script, 'sh', folder, ...node],
      {
        cwd: ROOT,
        encoding: 'utf8',
      },
    );
    if (/unshare|mount|not permitted|ENOENT/.test(stderr) || status === null) {
      saySkipped(`A small file system cannot be mounted here, so that a full disk is not tested: ${stderr}`);
      return;
    }
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringMatching(
        /^The disk of the embedded store is full: .* Make room there, or set stores\.embedded\.path/,
      ),
      isWhole: true,
      isSearched: true,
      goesOn: true,
      isWholeAfterwards: true,
    });
  });

  it('says that it cannot write where the disk can only be read, and changes nothing', () => {
    const program = path.join(ROOT, 'test', 'stores', 'read-only.ts');
    const folder = path.join(root, 'read-only');
    const script =
      'mkdir "$1" && mount -t tmpfs -o size=20m tmpfs "$1" && folder=$1 && shift && "$@" make && mount -o remount,ro "$folder" && "$@" look';
    const node = [process.execPath, '--require', 'tsx/cjs', program, PLUGIN.module, folder];
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      ['-m', 'sh', '-c', script, 'sh', folder, ...node],
      { cwd: ROOT, encoding: 'utf8' },
    );
    if (/unshare|mount|not permitted|ENOENT/.test(stderr) || status === null) {
      saySkipped(
        `A file system cannot be mounted here, so that one that can only be read is not tested: ${stderr}`,
      );
      return;
    }
    expect(stderr).toBe('');
    const { probe, isUnchanged, ...refused } = JSON.parse(stdout) as Record<string, unknown>;
    expect(probe).toMatchObject({ ready: false, reason: expect.stringMatching(/cannot be written/) });
    expect(isUnchanged).toBe(true);
    for (const outcome of Object.values(refused)) {
      expect(outcome).toEqual({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringMatching(/^catalog\.sqlite of the embedded store cannot be opened for writing/),
      });
    }
  });
});
