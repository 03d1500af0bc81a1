import { access, constants, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { hash } from '../../engine/identity.js';
import type { Collection } from '../../engine/index.js';
import { ClipgraphError } from '../../errors/index.js';
import { readRoots, rootOf, type Roots } from './roots.js';
import { isWithin } from '../walk.js';

/** A folder that is indexed, and the root that its files are known under: itself, or a folder around it that was indexed before. */
export interface Scope {
  /** As it was given; files are named by it. */
  readonly name: string;
  /** Absolute and free of links. */
  readonly folder: string;
  readonly root: string;
  readonly rootFolder: string;
  /** What stands before the path of a file of this folder in one of the root's: '', or a path with a slash at its end. */
  readonly prefix: string;
  /** Roots in this folder that were indexed by themselves: its own from now on. */
  readonly inner: readonly InnerRoot[];
}

interface InnerRoot {
  readonly root: string;
  /** Before the path of one of its files in one of the outer root's. */
  readonly prefix: string;
}

/** The id of a file's item: the same in every run, and another one for each file, whatever it holds. */
export function idOf(root: string, relative: string): string {
  return hash([root, relative]);
}

/** `a/b/` for a folder a/b below another one, '' for that one itself. */
function prefixOf(outer: string, inner: string): string {
  const relative = path.relative(outer, inner);
  return relative === '' ? '' : `${relative.split(path.sep).join('/')}/`;
}

/**
 * @throws BAD_USER_INPUT for what is no folder, or may not be read
 */
async function resolveFolder(name: string): Promise<string> {
  try {
    const folder = await realpath(name);
    if (!(await stat(folder)).isDirectory()) {
      throw new ClipgraphError('BAD_USER_INPUT', `${name} is no folder. Name the folder that it is in.`);
    }
    await access(folder, constants.R_OK | constants.X_OK);
    return folder;
  } catch (cause) {
    if (cause instanceof ClipgraphError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    const message = isMissing
      ? `There is no folder ${name}. Nothing was changed; is a drive missing?`
      : `The folder ${name} may not be read. Nothing was changed.`;
    throw new ClipgraphError('BAD_USER_INPUT', message, { cause });
  }
}

/** Whether any item was made of a file of this root. */
async function hasItems(collection: Collection, root: string): Promise<boolean> {
  for await (const row of collection.rows({ filter: { root }, limit: 1 })) return row.origin !== null;
  return false;
}

async function scopeOf(name: string, folder: string, known: Roots, collection: Collection): Promise<Scope> {
  const used: [root: string, folder: string][] = [];
  for (const [root, at] of known) {
    const isNear = isWithin(at, folder) || isWithin(folder, at);
    if (isNear && (await hasItems(collection, root))) used.push([root, at]);
  }
  const around = used
    .filter(([, at]) => at !== folder && isWithin(at, folder))
    .sort(([, a], [, b]) => a.length - b.length)
    .at(0);
  const [root, rootFolder] = around ?? [await rootOf(folder), folder];
  const inner = used
    .filter(([id, at]) => id !== root && isWithin(folder, at))
    .map(([id, at]) => ({ root: id, prefix: prefixOf(rootFolder, at) }));
  return { name, folder, root, rootFolder, prefix: prefixOf(rootFolder, folder), inner };
}

/**
 * What is to be indexed. A folder in another one that is named, too, is indexed with that one.
 *
 * @throws BAD_USER_INPUT for what is no folder, before anything is done
 */
export async function scopesOf(
  names: readonly string[],
  openCollection: () => Promise<Collection>,
): Promise<Scope[]> {
  const folders = new Map<string, string>();
  for (const name of names) {
    const folder = await resolveFolder(name);
    if (!folders.has(folder)) folders.set(folder, name);
  }
  const outermost = [...folders].filter(
    ([folder]) => ![...folders.keys()].some((other) => other !== folder && isWithin(other, folder)),
  );
  const collection = await openCollection();
  const known = await readRoots();
  const scopes: Scope[] = [];
  for (const [folder, name] of outermost) scopes.push(await scopeOf(name, folder, known, collection));
  return scopes;
}
