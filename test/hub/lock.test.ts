import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { withLock } from '../../src/models/hub/lock.js';

const TIMES = { staleMs: 400, pollMs: 5 };
const newLock = () => path.join(mkdtempSync(path.join(tmpdir(), 'clipgraph-lock-')), 'etag.clipgraph');

describe('a lock', () => {
  it('lets one in at a time, and leaves nothing behind', async () => {
    const file = newLock();
    let inside = 0;
    let most = 0;
    const enter = () =>
      withLock(
        file,
        async () => {
          most = Math.max(most, ++inside);
          await delay(3);
          inside--;
        },
        TIMES,
      );
    await Promise.all(Array.from({ length: 20 }, enter));
    expect(most).toBe(1);
    expect(readdirSync(path.dirname(file))).toEqual([]);
  });

  it('is given back when the work fails', async () => {
    const file = newLock();
    await expect(withLock(file, () => Promise.reject(new Error('failed')), TIMES)).rejects.toThrow('failed');
    expect(existsSync(file)).toBe(false);
  });

  it('of an owner that is not heard of any more is taken, by one of those who wait', async () => {
    const file = newLock();
    writeFileSync(file, 'another-machine.1.00000000');
    let inside = 0;
    const enter = () =>
      withLock(
        file,
        async () => {
          expect(++inside).toBe(1);
          await delay(10);
          inside--;
        },
        TIMES,
      );
    await Promise.all([enter(), enter(), enter()]);
    expect(readdirSync(path.dirname(file))).toEqual([]);
  });

  it('of an owner that still renews it is waited for', async () => {
    const file = newLock();
    const order: string[] = [];
    const first = withLock(
      file,
      async () => {
        await delay(4 * TIMES.staleMs);
        order.push('first');
      },
      TIMES,
    );
    await delay(20);
    await Promise.all([first, withLock(file, () => Promise.resolve(order.push('second')), TIMES)]);
    expect(order).toEqual(['first', 'second']);
  });

  it('of a process of this machine that was killed is taken at once', async () => {
    const file = newLock();
    const program = `
      const { withLock } = require(${JSON.stringify(require.resolve('../../src/models/hub/lock.ts'))});
      withLock(${JSON.stringify(file)}, () => new Promise((resolve) => setTimeout(resolve, 1e6)));
    `;
    const child = spawn(process.execPath, ['--require', 'tsx/cjs', '--eval', program], { stdio: 'ignore' });
    while (!existsSync(file) || readFileSync(file, 'utf8') === '') await delay(20);
    child.kill('SIGKILL');
    await once(child, 'exit');
    // It would be stale after an hour.
    await withLock(file, () => Promise.resolve(), { staleMs: 3_600_000, pollMs: 5 });
  });

  it('that another has taken is lost, and the work is told', async () => {
    const file = newLock();
    await withLock(
      file,
      async (lost) => {
        writeFileSync(file, 'another-machine.1.11111111');
        await once(lost, 'abort');
      },
      TIMES,
    );
    expect(readFileSync(file, 'utf8')).toBe('another-machine.1.11111111');
  });
});
