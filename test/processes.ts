import { readdirSync, readFileSync } from 'node:fs';
import { residentBytes } from '../src/isolation/memory.js';

/** The processes that a process has started and that still run. Linux only: none elsewhere. */
export function childrenOf(pid: number): number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((each) => each > 0 && parentOf(each) === pid);
  } catch {
    return [];
  }
}

function parentOf(pid: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before it may hold anything: `(a) b`.
    return Number(status.slice(status.lastIndexOf(')') + 4).split(' ')[0]);
  } catch {
    return undefined; // It has ended meanwhile.
  }
}

/** Resident bytes of a process and of those that it has started; 0 where the system does not say. */
export function residentBytesOfTree(pid: number): number {
  return [pid, ...childrenOf(pid)].reduce((sum, each) => sum + (residentBytes(each) ?? 0), 0);
}
