import { lstatSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { ClipgraphError } from '../errors/index.js';
import {
  IMAGE_EXTENSIONS,
  OTHER_FORMATS,
  otherFormatNamed,
  readFileOf,
  sniffFormat,
} from '../media/index.js';

/** What is there under a name; `barred`: something that may not be looked at, or a link to nothing. */
export type Kind = 'file' | 'folder' | 'pipe or device' | 'barred';

/** Extensions of pictures: of those that are decoded, and of those that people have as well. */
const PICTURES: ReadonlySet<string> = new Set([
  ...IMAGE_EXTENSIONS,
  ...OTHER_FORMATS.flatMap(({ extensions }) => extensions),
]);

/** Bytes that tell a format. */
const HEAD_BYTES = 4096;

/** Whether its extension is that of a picture, be it one that is not decoded. */
export function endsLikePicture(name: string): boolean {
  return PICTURES.has(path.extname(name.trim()).toLowerCase());
}

/** Whether somebody who writes this means a file: it has a separator, begins with ~ or a dot, or ends like a picture. */
export function looksLikePath(name: string): boolean {
  return /[/\\]|^\s*[~.]/.test(name) || endsLikePicture(name) || isPattern(name);
}

/** Whether it names files by a pattern. A text may hold marks of one, too: `a dog?`. */
export function isPattern(name: string): boolean {
  if (!isDynamicPattern(name)) return false;
  return /[/\\]/.test(name) || endsLikePicture(name) || (name.includes('*') && !/\s/.test(name));
}

function isThere(name: string): boolean {
  try {
    lstatSync(name);
    return true;
  } catch {
    return false;
  }
}

/** Undefined where nothing is. A long text is no name that anything could have, and asking for it fails. */
export function kindOf(name: string): Kind | undefined {
  try {
    const stats = statSync(name);
    if (stats.isFile()) return 'file';
    return stats.isDirectory() ? 'folder' : 'pipe or device';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM' || code === 'ELOOP') return 'barred';
    return isThere(name) ? 'barred' : undefined;
  }
}

/**
 * The files that a pattern names.
 *
 * @throws BAD_USER_INPUT if there are none
 */
export async function filesOfPattern(pattern: string): Promise<string[]> {
  const files = await glob(process.platform === 'win32' ? pattern.replaceAll('\\', '/') : pattern, {
    caseSensitiveMatch: false,
    onlyFiles: true,
    expandDirectories: false,
  });
  if (files.length > 0) return files.sort();
  throw new ClipgraphError('BAD_USER_INPUT', `No file matches the pattern ${pattern}.`);
}

/**
 * A picture's bytes. A file that is named like a format that is not decoded is looked into first: it may be large, and what it
 * is called is not always what it is.
 *
 * @throws UNSUPPORTED_IMAGE_FORMAT with the command that converts it; what `readFileOf` throws
 */
export async function readPicture(name: string, maxBytes: number): Promise<Uint8Array> {
  const format = otherFormatNamed(path.extname(name.trim()));
  if (format !== undefined) {
    const head = await headOf(name);
    try {
      if (head !== undefined) sniffFormat(head);
    } catch (error) {
      if (!(error instanceof ClipgraphError) || error.message.includes(format.name)) throw error;
      const message = `A file in the format ${format.name} is not decoded. Convert it first: ${format.command}.`;
      throw new ClipgraphError('UNSUPPORTED_IMAGE_FORMAT', message, { cause: error });
    }
  }
  return readFileOf(name, maxBytes);
}

/** Undefined where it can't be read: whoever reads it all says why. */
async function headOf(name: string): Promise<Uint8Array | undefined> {
  if (kindOf(name) !== 'file') return undefined;
  const file = await open(name).catch(() => undefined);
  try {
    const read = await file?.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return read?.buffer.subarray(0, read.bytesRead);
  } catch {
    return undefined;
  } finally {
    await file?.close();
  }
}
