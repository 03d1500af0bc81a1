import { open } from 'node:fs/promises';
import { ClipgraphError } from '../errors/index.js';
import { checkImageSize } from './image-limits.js';

/**
 * The bytes of a file of this machine, which only the library and the command line may name.
 *
 * @throws BAD_USER_INPUT when it can't be read, IMAGE_TOO_LARGE before it is
 */
export async function readFileOf(path: string, maxBytes: number): Promise<Uint8Array> {
  let file;
  try {
    file = await open(path);
    const { size } = await file.stat();
    checkImageSize(size, maxBytes);
    return await file.readFile();
  } catch (cause) {
    if (cause instanceof ClipgraphError) throw cause;
    throw new ClipgraphError('BAD_USER_INPUT', 'The file cannot be read.', { cause });
  } finally {
    await file?.close();
  }
}
