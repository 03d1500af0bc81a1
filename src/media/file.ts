import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { ClipgraphError } from '../errors/index.js';
import { checkImageSize } from './image-limits.js';

/** What is said of a file's name at most: the caller knows it. */
const LONGEST_NAME = 200;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is none of this name',
  EACCES: 'it may not be read',
  EPERM: 'it may not be read',
  EISDIR: 'it is a folder',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
};

function unreadable(path: string, reason: string, cause?: unknown): ClipgraphError {
  const name = path.length > LONGEST_NAME ? `…${path.slice(-LONGEST_NAME)}` : path;
  return new ClipgraphError('BAD_USER_INPUT', `The file ${name} cannot be read: ${reason}.`, { cause });
}

/** What the file holds, and no more than that: some grow while they are read, and some have no end. */
async function readAll(file: FileHandle, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of file.createReadStream({ autoClose: false, highWaterMark: 2 ** 20 })) {
    size += (chunk as Buffer).length;
    checkImageSize(size, maxBytes);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/**
 * The bytes of a file of this machine, which only the library and the command line may name.
 *
 * @throws BAD_USER_INPUT, with the name as it was given, when it can't be read or is no file; IMAGE_TOO_LARGE before it is
 */
export async function readFileOf(path: string, maxBytes: number): Promise<Uint8Array> {
  let file: FileHandle | undefined;
  try {
    // A pipe that nobody writes to would hold up a thread for ever.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK || 0));
    const stats = await file.stat();
    if (stats.isDirectory()) throw unreadable(path, 'it is a folder');
    if (!stats.isFile()) throw unreadable(path, 'it is a pipe, a socket or a device');
    checkImageSize(stats.size, maxBytes);
    return await readAll(file, maxBytes);
  } catch (cause) {
    if (cause instanceof ClipgraphError) throw cause;
    const { code = '' } = cause as NodeJS.ErrnoException;
    throw unreadable(path, REASONS[code] ?? 'the system refuses it', cause);
  } finally {
    await file?.close();
  }
}
