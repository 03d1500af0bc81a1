import { setTimeout as delay } from 'node:timers/promises';

/** Resolves once something is so, looking every 50 ms. */
export async function until(isSo: () => boolean | Promise<boolean>, seconds = 20): Promise<void> {
  for (let i = 0; !(await isSo()); i++) {
    if (i === seconds * 20) throw new Error(`That did not come about in ${seconds} s: ${String(isSo)}`);
    await delay(50);
  }
}
