import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts a process's time in units of this many milliseconds on every platform that Node has binaries for. */
const TICK_MS = 10;

/** The fields of a line of `stat` after the program's name, which may hold spaces and brackets. Source: proc(5). */
function statFields(file: string): string[] {
  const line = readFileSync(file, 'utf8');
  return line.slice(line.lastIndexOf(')') + 2).split(' ');
}

/**
 * Milliseconds that a process, all its threads together, has computed.
 *
 * @returns undefined where the system does not say: only Linux does without a helper program
 */
export function processorMs(pid: number): number | undefined {
  try {
    const [user, system] = statFields(`/proc/${pid}/stat`).slice(11, 13).map(Number);
    return (user + system) * TICK_MS;
  } catch {
    return undefined;
  }
}

/** Whether a thread of the process computes, would if it were its turn, or waits for the disk. Linux only; else false. */
export function isBusy(pid: number): boolean {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    return tasks.some((task) => 'RD'.includes(statFields(`/proc/${pid}/task/${task}/stat`)[0]));
  } catch {
    return false;
  }
}
