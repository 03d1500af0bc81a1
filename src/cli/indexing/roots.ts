import { randomUUID } from 'node:crypto';
import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { dataHome } from '../../config/index.js';
import { ClipgraphError } from '../../errors/index.js';
import { makeFolder } from '../../models/files/make-folder.js';
import { withLock } from '../../models/hub/lock.js';
import type { Origin } from '../../stores/index.js';
import { isWithin } from '../walk.js';

/** Indexed folders by the ids that items know them under; absolute, and free of links. Only this machine has it. */
export type Roots = ReadonlyMap<string, string>;

const tableSchema = z.strictObject({ version: z.literal(1), roots: z.record(z.string(), z.string()) });

function placeOfTable(): string {
  const home = dataHome();
  if (home !== undefined) return path.join(home, 'clipgraph', 'roots.json');
  const message =
    'This account has no home folder to keep the table of indexed folders in: set XDG_DATA_HOME.';
  throw new ClipgraphError('BAD_USER_INPUT', message);
}

async function read(file: string): Promise<Map<string, string>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    const message = `The table of indexed folders, ${file}, cannot be read.`;
    throw new ClipgraphError('BAD_USER_INPUT', message, { cause });
  }
  try {
    return new Map(Object.entries(tableSchema.parse(JSON.parse(text)).roots));
  } catch (cause) {
    const message = `The table of indexed folders, ${file}, is damaged. Restore it; or move it away, and index the folders again: their items are then added anew, and the old ones stay until they are removed.`;
    throw new ClipgraphError('BAD_USER_INPUT', message, { cause });
  }
}

/**
 * The folders that were indexed on this machine.
 *
 * @throws BAD_USER_INPUT when the table cannot be read
 */
export async function readRoots(): Promise<Roots> {
  return read(placeOfTable());
}

/**
 * The id of a folder, which gets one if it has none. Processes take turns, and what they write is whole or not there.
 *
 * @param folder absolute, and free of links
 * @throws BAD_USER_INPUT when the table cannot be read
 */
export async function rootOf(folder: string): Promise<string> {
  const file = placeOfTable();
  const known = idIn(await read(file), folder);
  if (known !== undefined) return known;
  await makeFolder(path.dirname(file), 0o700);
  return withLock(`${file}.lock`, async () => {
    const roots = await read(file);
    const made = idIn(roots, folder) ?? randomUUID();
    roots.set(made, folder);
    const unfinished = `${file}.${randomUUID()}`;
    const text = JSON.stringify({ version: 1, roots: Object.fromEntries(roots) }, undefined, 1);
    await writeFile(unfinished, `${text}\n`, { flush: true });
    await chmod(unfinished, 0o600);
    await rename(unfinished, file);
    return made;
  });
}

function idIn(roots: Roots, folder: string): string | undefined {
  return [...roots].find(([, known]) => known === folder)?.[0];
}

/**
 * Where the file of an item is on this machine; undefined where that is not known here.
 *
 * @param origin of the item; one that leads out of its root, as an import may hold, is none
 */
export function pathOf(origin: Origin | null | undefined, roots: Roots): string | undefined {
  const root = origin && roots.get(origin.root);
  if (root === undefined || root === null) return undefined;
  const file = absolutePath(root, origin?.path ?? '');
  return isWithin(root, file) ? file : undefined;
}

/** Where a file of a root is on this machine. */
export function absolutePath(root: string, relative: string): string {
  return path.join(root, ...relative.split('/'));
}
