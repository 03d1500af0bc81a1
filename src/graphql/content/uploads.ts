import { Upload, type FileUpload } from 'graphql-upload-minimal';
import { ClipgraphError } from '../../errors/index.js';
import { checkImageSize } from '../../media/index.js';

const contents = new WeakMap<Upload, Promise<Uint8Array>>();

async function collect(pending: Promise<FileUpload>): Promise<Uint8Array> {
  let file: FileUpload;
  try {
    file = await pending;
  } catch (cause) {
    const message = 'The file that the map of the multipart request names is missing, or was cut off.';
    throw new ClipgraphError('BAD_USER_INPUT', message, { cause });
  }
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of file.createReadStream()) chunks.push(chunk as Buffer);
  } catch (cause) {
    throw new ClipgraphError('BAD_USER_INPUT', 'The file of the multipart request was cut off.', { cause });
  }
  return Buffer.concat(chunks);
}

/**
 * Takes up every file of a multipart request as it arrives. They come one after the other: one that nobody reads would
 * hold up those behind it. The limit of the request's body bounds them all.
 */
export function collectUploads(body: unknown): void {
  const open: unknown[] = [body];
  while (open.length > 0) {
    const value = open.pop();
    if (value instanceof Upload) {
      const bytes = collect(value.promise);
      bytes.catch(() => undefined); // Reported by whoever asks for it.
      contents.set(value, bytes);
    } else if (typeof value === 'object' && value !== null) {
      for (const child of Object.values(value)) open.push(child);
    }
  }
}

/**
 * @throws IMAGE_TOO_LARGE, BAD_USER_INPUT for a file that is missing
 */
export async function readUpload(upload: Upload, maxBytes: number): Promise<Uint8Array> {
  const bytes = await (contents.get(upload) ?? collect(upload.promise));
  checkImageSize(bytes.length, maxBytes);
  return bytes;
}
