import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { fileError, readError } from './failures.js';

/** No text of a CLIP comes near: its tokenizer has 4 MB. */
const MAX_TEXT_BYTES = 256 * 2 ** 20;
/** Opening a pipe that nobody writes to would wait for ever; Windows has neither. */
const FLAGS = constants.O_RDONLY | ((constants as Partial<typeof constants>).O_NONBLOCK ?? 0);

/** A file that is open, and how large it is. */
export interface OpenFile {
  readonly handle: FileHandle;
  /** Bytes. */
  readonly size: number;
}

/**
 * Opens a file of a model for as long as `use` runs.
 *
 * @param folder the model's
 * @param file relative to it
 * @throws MODEL_UNAVAILABLE when it is missing, may not be read, or is no regular file (a device has no end)
 */
export async function withFile<Result>(
  folder: string,
  file: string,
  use: (open: OpenFile) => Promise<Result>,
): Promise<Result> {
  try {
    const handle = await open(path.join(folder, file), FLAGS);
    try {
      const stats = await handle.stat();
      if (stats.isDirectory()) throw fileError(file, 'is a folder, not a file');
      if (!stats.isFile()) throw fileError(file, 'is not a regular file');
      return await use({ handle, size: stats.size });
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw readError(file, cause);
  }
}

/**
 * So many bytes from a place of a file: all of them, however many reads that takes.
 *
 * @returns undefined when the file ends before
 */
export async function readExactly(
  handle: FileHandle,
  length: number,
  position: number,
): Promise<Buffer | undefined> {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await handle.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) return undefined;
    done += bytesRead;
  }
  return bytes;
}

/**
 * The bytes of a file of a model that is read as a whole.
 *
 * @throws MODEL_UNAVAILABLE when it cannot be read, or is larger than any such file
 */
export function readBytes(folder: string, file: string): Promise<Buffer> {
  return withFile(folder, file, async ({ handle, size }) => {
    if (size > MAX_TEXT_BYTES) throw fileError(file, `is larger than ${MAX_TEXT_BYTES} bytes`);
    const bytes = await readExactly(handle, size, 0);
    if (bytes === undefined) throw fileError(file, 'has become shorter while it was read');
    return bytes;
  });
}

/**
 * The text of a file of a model.
 *
 * @throws MODEL_UNAVAILABLE when it cannot be read, or is larger than any such file
 */
export async function readText(folder: string, file: string): Promise<string> {
  return (await readBytes(folder, file)).toString('utf8');
}

/** Bytes of a file of a model. */
export function sizeOf(folder: string, file: string): Promise<number> {
  return withFile(folder, file, ({ size }) => Promise.resolve(size));
}

/** SHA-256 over a file of a model, in hexadecimal. */
export function digestOf(folder: string, file: string): Promise<string> {
  return withFile(folder, file, async ({ handle, size }) => {
    const hash = createHash('sha256');
    // To the size that it had: what is written meanwhile is not followed without end.
    if (size > 0) {
      for await (const part of handle.createReadStream({ start: 0, end: size - 1, autoClose: false }))
        hash.update(part as Buffer);
    }
    return hash.digest('hex');
  });
}
