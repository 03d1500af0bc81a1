import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { endsLikePicture } from './named-files.js';

/** What is met on the way through a folder. Paths are relative to it, with `/`. */
export interface Walked {
  /** `broken`: a link to nothing that is named like a picture; `unreadable`: a folder; `other`: not named like a picture. */
  readonly kind: 'picture' | 'broken' | 'unreadable' | 'other';
  readonly path: string;
}

/** A folder, and the ones that led to it, free of links. */
interface Place {
  readonly folder: string;
  readonly path: string;
  readonly ancestors: readonly string[];
}

/** Whether a path is in a folder, or is that folder. Both are absolute and free of links. */
export function isWithin(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return (
    relative === '' ||
    (!relative.startsWith(`..${path.sep}`) && relative !== '..' && !path.isAbsolute(relative))
  );
}

/** What a file of a folder is called by whoever gave the folder this name; the folder itself where the path is ''. */
export function fileIn(name: string, relative: string): string {
  return relative === '' ? name : `${name.replace(/(?<=.)[/\\]$/, '')}/${relative}`;
}

/**
 * The files of a folder and of those in it, one folder after the other in the order of names. What begins with a dot is left
 * out. A link is followed unless it leads back into the folder: what it leads to is there under its own name. Nor is the folder
 * entered from outside, where a link led to one around it.
 *
 * @param folder absolute, and free of links
 * @param root the folder itself, or one around it that it is walked for
 */
export async function* walk(folder: string, root = folder): AsyncGenerator<Walked, undefined> {
  yield* walkIn({ folder, path: '', ancestors: [] }, root);
  return undefined;
}

async function* walkIn(place: Place, root: string): AsyncGenerator<Walked, undefined> {
  const entries = await readdir(place.folder, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) {
    yield { kind: 'unreadable', path: place.path };
    return undefined;
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const ancestors = [...place.ancestors, place.folder];
  for (const entry of entries.filter(({ name }) => !name.startsWith('.'))) {
    const below = { path: place.path === '' ? entry.name : `${place.path}/${entry.name}`, ancestors };
    const folder = path.join(place.folder, entry.name);
    if (entry.isSymbolicLink()) yield* walkLink({ ...below, folder }, root);
    else if (entry.isDirectory()) {
      const leadsBack = isWithin(root, folder) && !isWithin(root, place.folder);
      if (!leadsBack && !ancestors.includes(folder)) yield* walkIn({ ...below, folder }, root);
    } else yield fileOf(entry, below.path);
  }
  return undefined;
}

function fileOf(entry: Pick<Dirent, 'isFile'>, name: string): Walked {
  return { kind: entry.isFile() && endsLikePicture(name) ? 'picture' : 'other', path: name };
}

async function* walkLink(place: Place, root: string): AsyncGenerator<Walked, undefined> {
  try {
    const folder = await realpath(place.folder);
    if (isWithin(root, folder) || place.ancestors.includes(folder)) return undefined;
    const target = await stat(folder);
    if (target.isDirectory()) yield* walkIn({ ...place, folder }, root);
    else yield fileOf(target, place.path);
  } catch {
    yield { kind: endsLikePicture(place.path) ? 'broken' : 'other', path: place.path };
  }
  return undefined;
}
