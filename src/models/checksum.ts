import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/**
 * One checksum over files and facts: SHA-256 over the lines `<SHA-256 of the file>  <its name>`, in the order of the
 * names, and the facts as JSON.
 */
export async function checksumOf(folder: string, files: readonly string[], facts: object): Promise<string> {
  const sorted = [...new Set(files)].sort();
  const lines = await Promise.all(
    sorted.map(async (name) => `${await sha256(path.join(folder, name))}  ${name}\n`),
  );
  return createHash('sha256').update(lines.join('')).update(JSON.stringify(facts)).digest('hex');
}
