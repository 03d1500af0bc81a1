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

/**
 * Looks at the memory of a process again and again, until it is gone. Without effect where the system does not say.
 *
 * @param onOver called once, with the resident bytes, when they are above `limitBytes`
 * @returns ends the watch
 */
export function watchResident(
  pid: number,
  { limitBytes, everyMs }: { limitBytes: number; everyMs: number },
  onOver: (bytes: number) => void,
): () => void {
  const timer = setInterval(() => {
    const bytes = residentBytes(pid);
    if (bytes !== undefined && bytes <= limitBytes) return;
    clearInterval(timer);
    if (bytes !== undefined) onOver(bytes);
  }, everyMs);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}
