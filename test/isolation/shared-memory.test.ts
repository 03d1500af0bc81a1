import { fstatSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { Remote } from '../../src/isolation/remote.js';
import { SharedMemory, type SharedSpan } from '../../src/isolation/shared-memory.js';
import { until } from '../waiting.js';

const itOnLinux = process.platform === 'linux' ? it : it.skip;
const entry = path.join(__dirname, 'program.ts');
const bytesOf = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + seed) % 256);
const sumOf = (parts: readonly Uint8Array[]): number =>
  parts.reduce((sum, part) => part.reduce((of, byte) => of + byte, sum), 0);

describe('memory that a process shares with its server', () => {
  itOnLinux('has no name, and keeps spans apart', async () => {
    const before = readdirSync('/dev/shm').filter((name) => name.startsWith('clipgraph-'));
    const memory = SharedMemory.open()!;
    expect(readdirSync('/dev/shm').filter((name) => name.startsWith('clipgraph-'))).toEqual(before);
    const step = fc.record({ length: fc.integer({ min: 1, max: 1000 }), frees: fc.nat(3) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const held: SharedSpan[] = [];
        for (const { length, frees } of steps) {
          const span = (await memory.write([bytesOf(length, 0)]))!;
          expect(span.length).toBe(length);
          for (const other of held) {
            expect(span.offset >= other.offset + other.length || other.offset >= span.offset + length).toBe(
              true,
            );
          }
          held.push(span);
          for (const freed of held.splice(0, frees)) memory.free(freed);
        }
        // With nothing held the first place is free again.
        for (const span of held) memory.free(span);
        const first = (await memory.write([bytesOf(1, 0)]))!;
        expect(first.offset).toBe(0);
        memory.free(first);
      }),
      { numRuns: 20 },
    );
    memory.close();
    await expect(memory.write([bytesOf(1, 0)])).resolves.toBeUndefined();
  });

  itOnLinux('is given back when nobody has used it for a while, and not before', async () => {
    const memory = SharedMemory.open(50)!;
    const held = (await memory.write([bytesOf(1_000_000, 0)]))!;
    memory.free((await memory.write([bytesOf(1_000_000, 0)]))!);
    await delay(150);
    expect(fstatSync(memory.descriptor).size).toBe(2_000_000);
    memory.free(held);
    await until(() => fstatSync(memory.descriptor).size === 0);
    expect((await memory.write([bytesOf(10, 0)]))!.offset).toBe(0);
    memory.close();
  });

  it.each([true, false])('carries the bytes of many requests at once; shared: %s', async (sharesMemory) => {
    const remote = new Remote({ title: 'program', entry, sharesMemory });
    try {
      const sizes = [[0], [10], [300_000], [1, 700_000, 3], Array<number>(40).fill(20_000), [2_000_000]];
      const payloads = [...sizes, ...sizes].map((lengths, seed) => lengths.map((of) => bytesOf(of, seed)));
      const sums = await Promise.all(payloads.map((payload) => remote.call('sum', undefined, { payload })));
      expect(sums).toEqual(payloads.map(sumOf));
    } finally {
      await remote.close();
    }
  });

  it('is nothing that a request waits for which nobody wants any more', async () => {
    const remote = new Remote({ title: 'program', entry, sharesMemory: true });
    try {
      const controller = new AbortController();
      const call = remote.call('sum', undefined, {
        payload: [bytesOf(500_000, 1)],
        signal: controller.signal,
      });
      controller.abort(new Error('left'));
      const outcome = await call.catch((error: unknown) => error);
      expect(outcome).toEqual(process.platform === 'linux' ? new Error('left') : expect.anything());
      await expect(remote.call('sum', undefined, { payload: [bytesOf(9, 1)] })).resolves.toBe(
        sumOf([bytesOf(9, 1)]),
      );
    } finally {
      await remote.close();
    }
  });
});
