import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/** Where everything is, in the folder of the configuration. */
export interface StoreFiles {
  readonly folder: string;
  readonly catalog: string;
  collection(key: string): string;
}

const EXTENSION = '.sqlite';
const KEY = /^[0-9a-f]{32}$/;
/** What SQLite keeps beside a file. */
const COMPANIONS = ['-wal', '-shm', '-journal'];

export function filesIn(root: string): StoreFiles {
  const folder = path.join(root, 'collections');
  return {
    folder,
    catalog: path.join(folder, `catalog${EXTENSION}`),
    collection: (key) => path.join(folder, `${key}${EXTENSION}`),
  };
}

export function newKey(): string {
  return randomBytes(16).toString('hex');
}

/** The keys of the collections' files that are there. */
export function keysIn({ folder }: StoreFiles): string[] {
  return fs
    .readdirSync(folder)
    .filter((name) => name.endsWith(EXTENSION))
    .map((name) => name.slice(0, -EXTENSION.length))
    .filter((name) => KEY.test(name));
}

/** For this account alone. `recursive` of Node.js tries for ever where the system says that there is no folder above, as in /proc. */
export function makeFolder(folder: string): void {
  for (let isAgain = false; ; isAgain = true) {
    try {
      fs.mkdirSync(folder, { mode: 0o700 });
      return;
    } catch (cause) {
      if (fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
      const above = path.dirname(folder);
      if (isAgain || (cause as NodeJS.ErrnoException).code !== 'ENOENT' || above === folder) throw cause;
      makeFolder(above);
    }
  }
}

/** The vectors of a collection as they are searched, in a file beside its own; what is being written has more behind the name. */
export function packedFileOf(file: string): string {
  return `${file}-packed`;
}

/** Takes them off the disk; they are made again of what is in the collection's file. */
export function erasePacked(file: string): void {
  const start = path.basename(packedFileOf(file));
  for (const name of fs.readdirSync(path.dirname(file))) {
    if (!name.startsWith(start)) continue;
    const each = path.join(path.dirname(file), name);
    try {
      fs.truncateSync(each);
      fs.rmSync(each, { force: true });
    } catch {
      // Somebody else has taken it away.
    }
  }
}

/** So that a file which was made or removed is so after the power fails. */
export function syncFolder(folder: string): void {
  try {
    const handle = fs.openSync(folder, 'r');
    try {
      fs.fsyncSync(handle);
    } finally {
      fs.closeSync(handle);
    }
  } catch {
    // A system that opens no folders.
  }
}

/**
 * Removes a database. What others still have open is emptied: its bytes are off the disk at once. The index of the
 * write-ahead log is left whole, since others have it in their memory.
 */
export function erase(file: string): void {
  erasePacked(file);
  for (const each of [file, `${file}-wal`]) {
    try {
      fs.truncateSync(each);
    } catch {
      // It is not there.
    }
  }
  for (const each of [...COMPANIONS.map((companion) => file + companion), file]) {
    try {
      fs.rmSync(each, { force: true });
    } catch {
      // Where a file that is open cannot be removed, it is empty, and is removed another time.
    }
  }
}
