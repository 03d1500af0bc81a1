import { readFileSync } from 'node:fs';
import path from 'node:path';
import { clipPlan } from '../../src/core/image/index.js';
import { EXAMPLES_FOLDER, PreparationPool } from '../../src/media/index.js';

const never = new AbortController().signal;
const turn = { signal: never, group: never };
const task = {
  bytes: readFileSync(path.join(EXAMPLES_FOLDER, 'cat.jpg')),
  format: 'jpeg',
  plan: clipPlan(224),
  isOriented: true,
  pillow: 13,
  strict: false,
  maxPixels: 1e6,
} as const;

describe('the preparation pool', () => {
  it('prepares a picture again whose process is killed', async () => {
    const lost: string[] = [];
    const pool = new PreparationPool({
      workers: 1,
      maxQueue: 10,
      watchdogMs: 20_000,
      onLost: (reason) => lost.push(reason),
    });
    try {
      await pool.prepare(task, turn);
      const [pid] = pool.pids;
      process.kill(pid, 'SIGSTOP');
      const prepared = pool.prepare(task, turn);
      process.kill(pid, 'SIGKILL');
      expect((await prepared).crop).toHaveLength(224 * 224 * 3);
      expect(lost).toEqual([expect.stringContaining('was killed by SIGKILL')]);
    } finally {
      await pool.close();
    }
  });

  it('gives a picture up on which its process hangs twice', async () => {
    const pool = new PreparationPool({ workers: 1, maxQueue: 10, watchdogMs: 400, onLost: () => undefined });
    const stopper = setInterval(() => {
      for (const pid of pool.pids) process.kill(pid, 'SIGSTOP');
    }, 20);
    try {
      await expect(pool.prepare(task, turn)).rejects.toMatchObject({ code: 'UNDECODABLE_IMAGE' });
    } finally {
      clearInterval(stopper);
      await pool.close();
    }
  });

  it('serves requests in turn, so that one with many pictures does not hold up another', async () => {
    const pool = new PreparationPool({
      workers: 1,
      maxQueue: 100,
      watchdogMs: 20_000,
      onLost: () => undefined,
    });
    try {
      const done: string[] = [];
      const prepare = async (name: string, group: object) => {
        await pool.prepare(task, { signal: never, group });
        done.push(name);
      };
      const large = {};
      const many = Array.from({ length: 20 }, () => prepare('large', large));
      await Promise.all([...many, prepare('small', {})]);
      expect(done.indexOf('small')).toBeLessThanOrEqual(2);
    } finally {
      await pool.close();
    }
  });

  it('refuses more than may wait', async () => {
    const pool = new PreparationPool({
      workers: 1,
      maxQueue: 1,
      watchdogMs: 20_000,
      onLost: () => undefined,
    });
    try {
      const running = pool.prepare(task, turn);
      const waiting = pool.prepare(task, turn);
      await expect(pool.prepare(task, turn)).rejects.toMatchObject({ code: 'OVERLOADED' });
      await Promise.all([running, waiting]);
    } finally {
      await pool.close();
    }
  });
});
