import { readFileSync } from 'node:fs';

/** Linux counts memory in pages of this many bytes on every platform that Node has binaries for. */
const PAGE_BYTES = 4096;

/**
 * The resident memory of another process, also of one that hangs.
 *
 * @returns undefined where the system does not say: only Linux does without a helper program
 */
export function residentBytes(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
  } catch {
    return undefined;
  }
}
