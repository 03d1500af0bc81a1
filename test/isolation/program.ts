// What the tests of isolation run apart.
import { setTimeout as delay } from 'node:timers/promises';
import { answerRequests } from '../../src/isolation/answer.js';

const held: Buffer[] = [];

/** What it takes to start, where that is to be long. */
const startsUntil = performance.now() + Number(process.env.START_MS ?? 0);
while (performance.now() < startsUntil);

answerRequests({
  environment: () => process.env,
  hold: (megabytes: number) => held.push(Buffer.alloc(megabytes * 2 ** 20, 1)),
  fillHeap: () => {
    const kept: object[] = [];
    for (;;) kept.push({ number: kept.length });
  },
  sum: (_: undefined, __: AbortSignal, payload: Uint8Array) => payload.reduce((sum, byte) => sum + byte, 0),
  sleep: (milliseconds: number) => delay(milliseconds),
  compute: (milliseconds: number) => {
    const from = process.cpuUsage();
    const spent = (): number => {
      const { user, system } = process.cpuUsage(from);
      return (user + system) / 1000;
    };
    while (spent() < milliseconds);
  },
});
