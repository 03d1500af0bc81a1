import path from 'node:path';
import { ClipgraphError } from '../../errors/index.js';

/** What the system says of a file, and what to do about it. Source: errno(3). */
const REASONS: Readonly<Record<string, string>> = {
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
