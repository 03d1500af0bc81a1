import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';

const LEFTOVER = /\.partial-[0-9a-f-]{36}$/;
/** A conversion writes every few seconds; one that has not for so long was killed. */
const STALE_MS = 10 * 60_000;

/** The name of a folder that is written beside `target` and then renamed to it. */
export function partialFolder(target: string): string {
  return `${target}.partial-${randomUUID()}`;
}

/** When something was last written into a folder, in milliseconds since 1970; undefined where it is gone. */
async function lastWritten(folder: string): Promise<number | undefined> {
  try {
    const files = (await readdir(folder)).map((file) => path.join(folder, file));
    const times = await Promise.all([folder, ...files].map(async (file) => (await stat(file)).mtimeMs));
    return Math.max(...times);
  } catch {
    return undefined;
  }
}

/** Removes what conversions that were killed have left in a folder; what others write there now stays. */
export async function removeLeftovers(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names.filter((each) => LEFTOVER.test(each))) {
    const folder = path.join(parent, name);
    const written = await lastWritten(folder);
    if (written === undefined || Date.now() - written < STALE_MS) continue;
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}
