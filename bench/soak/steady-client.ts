/** The program of `steadyClient`: asks one thing again and again, and tells how long the answers took. */
import { setTimeout as delay } from 'node:timers/promises';
import type { SteadyRequest } from './steady.js';

const { url, pauseMs, ...init } = JSON.parse(process.argv[2]) as SteadyRequest;
let times: number[] = [];

process.on('message', () => {
  process.send?.(times);
  times = [];
});
process.on('disconnect', () => process.exit(0));

async function main(): Promise<void> {
  for (;;) {
    const from = performance.now();
    try {
      await (await fetch(url, init)).arrayBuffer();
      times.push(performance.now() - from);
    } catch {
      // The server ends: what others lose is counted by them.
    }
    await delay(pauseMs);
  }
}

void main();
