import path from 'node:path';
import { ClipgraphError } from '../../errors/index.js';

/** What the system says of a file, and what to do about it. Source: errno(3). */
const REASONS: Readonly<Partial<Record<string, string>>> = {
  ENOENT: 'is missing',
  ENOTDIR: 'is missing',
  EACCES:
    'may not be read: this account has no permission. Give it one (chmod a+r; safetensors writes files that only their owner may read), or run as their owner',
  EPERM: 'may not be read: this account has no permission. Give it one, or run as the owner',
  EMFILE:
    'cannot be opened: this program has too many files open. Raise its limit of file descriptors (ulimit -n, LimitNOFILE)',
  ENFILE: 'cannot be opened: this machine has too many files open. Raise its limit (fs.file-max)',
  EISDIR: 'is a folder, not a file',
  ELOOP: 'is a link that leads back to itself',
  EIO: 'cannot be read: the disk reports an error (EIO)',
};

/** The code of a failure of the file system, `ENOENT`; undefined for any other. */
export function errnoOf(cause: unknown): string | undefined {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

/** A file of a model that cannot be used; `what` goes on from its name: `is missing`. */
export function fileError(file: string, what: string, cause?: unknown): ClipgraphError {
  return new ClipgraphError('MODEL_UNAVAILABLE', `The model's ${path.basename(file)} ${what}.`, { cause });
}

/**
 * The same from what reading a file has thrown: the one place that says what a permission or a descriptor has to do with it.
 * What is no failure of the file system is given back as it is.
 */
export function readError(file: string, cause: unknown): unknown {
  const errno = errnoOf(cause);
  if (errno === undefined) return cause;
  return fileError(file, REASONS[errno] ?? `cannot be read: the system says ${errno}`, cause);
}

const WRITE_REASONS: Readonly<Partial<Record<string, string>>> = {
  EACCES: 'this account may not write there',
  EPERM: 'this account may not write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: "the account's share of the disk is used up",
  ENOTDIR: 'a part of its path is a file',
  ENOENT: 'no folder can be made there',
  ENOTEMPTY: 'a folder that holds something else is there',
  EEXIST: 'a file is there',
};

function whyOf(errno: string): string {
  return WRITE_REASONS[errno] ?? REASONS[errno]?.split('.')[0] ?? `the system says ${errno}`;
}

/** What writing a converted model has thrown. What is no failure of the file system is given back as it is. */
export function writeError(cause: unknown): unknown {
  const errno = errnoOf(cause);
  if (errno === undefined) return cause;
  const message = `The converted model cannot be written: ${whyOf(errno)}. It is kept in the folder clipgraph of XDG_CACHE_HOME, ~/.cache by default: set that to a folder that can be written, or convert with clipgraph models quantize.`;
  return new ClipgraphError('MODEL_UNAVAILABLE', message, { cause });
}

/**
 * What using a folder in which models are kept has thrown, as an error that says which setting moves it; what is no failure
 * of the file system is given back as it is.
 *
 * @param folder what it is for: `The cache of the hub`
 * @param setting `Set HF_HUB_CACHE`
 */
export function folderError(folder: string, setting: string, cause: unknown): unknown {
  const errno = errnoOf(cause);
  if (errno === undefined) return cause;
  const message = `${folder} cannot be used: ${whyOf(errno)}. ${setting} to a folder that can be written.`;
  return new ClipgraphError('MODEL_UNAVAILABLE', message, { cause });
}

/** The same for an account that has no such folder. */
export function noFolderError(folder: string, setting: string): ClipgraphError {
  const message = `${folder} has no place: this account has no home folder. ${setting} to a folder that can be written.`;
  return new ClipgraphError('MODEL_UNAVAILABLE', message);
}
