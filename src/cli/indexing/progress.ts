import { createProgressBar, timeLeft, type ProgressBar } from '../progress-bar.js';
import type { Scope } from './scope.js';
import { walk } from '../walk.js';

/** A bar on standard error, where that is a terminal, with rate and end; how many pictures there are is counted meanwhile. */
export function indexingBar({ folder, rootFolder }: Scope): ProgressBar | undefined {
  if (!process.stderr.isTTY) return undefined;
  const since = performance.now();
  let total: number | undefined;
  void countPictures(folder, rootFolder).then(
    (count) => (total = count),
    () => undefined,
  );
  return createProgressBar(
    process.stderr,
    () => total,
    (done) => {
      const rate = done / ((performance.now() - since) / 1000);
      const of = total === undefined ? '' : ` of ${total}`;
      return `${done}${of}, ${rate.toFixed(0)}/s${timeLeft(done, total, since)}`;
    },
  );
}

async function countPictures(folder: string, root: string): Promise<number> {
  let count = 0;
  for await (const { kind } of walk(folder, root)) if (kind === 'picture') count++;
  return count;
}
