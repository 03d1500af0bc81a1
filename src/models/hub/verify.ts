import { realpath } from 'node:fs/promises';
import path from 'node:path';
import type { Model } from '../model.js';
import { hasDigest, isDigest } from './download.js';

/**
 * Compares a model's files with the digests that are their names in the cache. Files of a folder that is none of the hub's
 * have no stated digest, and are not counted.
 */
export async function verifySnapshot(model: Model): Promise<{ checked: number; damaged: string[] }> {
  const damaged: string[] = [];
  let checked = 0;
  for (const file of await model.files()) {
    const real = await realpath(path.join(model.folder, file));
    const etag = path.basename(real);
    if (path.basename(path.dirname(real)) !== 'blobs' || !isDigest(etag)) continue;
    checked++;
    if (!(await hasDigest(real, etag))) damaged.push(file);
  }
  return { checked, damaged };
}
