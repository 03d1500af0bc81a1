import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { clipPlan } from '../../src/core/image/index.js';
import { EXAMPLES_FOLDER, PreparationPool } from '../../src/media/index.js';
import type { PoolOptions } from '../../src/media/preparation-pool.js';

const never = new AbortController().signal;
setMaxListeners(0, never);
const turn = { client: 'one', signal: never, group: never };
const task = {
  bytes: readFileSync(path.join(EXAMPLES_FOLDER, 'cat.jpg')),
  format: 'jpeg',
  plan: clipPlan(224),
  isOriented: true,
  pillow: 13,
  strict: false,
  maxPixels: 1e6,
} as const;

function poolOf(options: Partial<PoolOptions> = {}): PreparationPool {
  return new PreparationPool({
    ...{ workers: 1, maxQueue: 10, timeoutMs: 20_000, onLost: () => undefined },
    ...options,
  });
}

describe('the preparation pool', () => {
  it('prepares a picture again whose process is killed', async () => {
    const lost: string[] = [];
    const pool = new PreparationPool({
      workers: 1,
      maxQueue: 10,
      timeoutMs: 20_000,
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

  it('tries a picture once on which its process hangs', async () => {
    const lost: string[] = [];
    const pool = poolOf({ timeoutMs: 400, onLost: (_, loss) => lost.push(loss) });
    await pool.prepare(task, turn); // However long its process takes to start.
    for (const pid of pool.pids) process.kill(pid, 'SIGSTOP');
    try {
      await expect(pool.prepare(task, turn)).rejects.toMatchObject({
        code: 'UNDECODABLE_IMAGE',
        message: expect.stringContaining('preparation.timeoutMs'),
      });
      expect(lost).toEqual(['hung']);
    } finally {
      await pool.close();
    }
  });

  it('gives a picture up whose process is killed twice, and does not call it damaged', async () => {
    const pool = poolOf();
    const killer = setInterval(() => {
      for (const pid of pool.pids) process.kill(pid, 'SIGKILL');
    }, 20);
    try {
      await expect(pool.prepare(task, turn)).rejects.toMatchObject({ code: 'OVERLOADED' });
    } finally {
      clearInterval(killer);
      await pool.close();
    }
  });

  it('does not call a picture damaged whose process does not start', async () => {
    const lost: string[] = [];
    const pool = poolOf({ onLost: (_, loss) => lost.push(loss) });
    const killer = setInterval(() => {
      for (const pid of pool.pids) process.kill(pid, 'SIGABRT');
    }, 20);
    try {
      await expect(pool.prepare(task, turn)).rejects.toMatchObject({ code: 'RUNTIME_UNAVAILABLE' });
      expect(lost).toEqual(['not started', 'not started']);
    } finally {
      clearInterval(killer);
      await pool.close();
    }
  });

  it('takes what nobody waits for any more out of the queue', async () => {
    const pool = poolOf({ maxQueue: 3 });
    try {
      const running = pool.prepare(task, turn);
      const gone = new AbortController();
      const dead = [1, 2, 3].map(() => pool.prepare(task, { client: 'one', group: {}, signal: gone.signal }));
      expect(pool.waiting).toBe(3);
      gone.abort(new Error('gone'));
      expect(pool.waiting).toBe(0);
      for (const picture of dead) await expect(picture).rejects.toThrow('gone');
      expect((await pool.prepare(task, turn)).width).toBe((await running).width);
    } finally {
      await pool.close();
    }
  });

  it('ends a process that goes on for nobody, so that others are not held up', async () => {
    const lost: string[] = [];
    const pool = poolOf({ workers: 2, onLost: (_, loss) => lost.push(loss) });
    try {
      await Promise.all([pool.prepare(task, turn), pool.prepare(task, turn)]);
      for (const pid of pool.pids) process.kill(pid, 'SIGSTOP'); // Both hang.
      const gone = new AbortController();
      const left = { client: 'one', group: {}, signal: gone.signal };
      const pictures = [pool.prepare(task, left), pool.prepare(task, left)];
      const honest = pool.prepare(task, turn);
      gone.abort(new Error('gone'));
      for (const picture of pictures) await expect(picture).rejects.toThrow('gone');
      expect((await honest).crop).toHaveLength(224 * 224 * 3);
      expect(lost).toContain('ended');
      expect(lost).not.toContain('hung');
    } finally {
      await pool.close();
    }
  });

  it('leaves a process alone that is done soon after its client has left', async () => {
    const lost: string[] = [];
    const pool = poolOf({ onLost: (_, loss) => lost.push(loss) });
    try {
      await pool.prepare(task, turn);
      const gone = new AbortController();
      const left = pool.prepare(task, { client: 'one', group: {}, signal: gone.signal });
      gone.abort(new Error('gone'));
      await expect(left).rejects.toThrow('gone');
      await pool.prepare(task, turn);
      expect(lost).toEqual([]);
    } finally {
      await pool.close();
    }
  });

  it('ends what waits and runs when it is closed, and refuses what comes', async () => {
    const pool = poolOf();
    const closed = expect.objectContaining({ code: 'RUNTIME_UNAVAILABLE' });
    const running = expect(pool.prepare(task, turn)).rejects.toEqual(closed);
    const waiting = expect(pool.prepare(task, turn)).rejects.toEqual(closed);
    await pool.close();
    await running;
    await waiting;
    await expect(pool.prepare(task, turn)).rejects.toEqual(closed);
    expect(pool.pids).toEqual([]);
  });

  it('says of each picture how it ended', async () => {
    const reports: { code: string }[] = [];
    const pool = poolOf({ onPrepared: (report) => reports.push(report) });
    try {
      await pool.prepare(task, turn);
      await pool.prepare({ ...task, bytes: task.bytes.subarray(0, 3000) }, turn).catch(() => undefined);
      await pool.prepare({ ...task, maxPixels: 10 }, turn).catch(() => undefined);
      expect(reports.map(({ code }) => code)).toEqual(['OK', 'UNDECODABLE_IMAGE', 'IMAGE_TOO_LARGE']);
    } finally {
      await pool.close();
    }
  });

  it('serves requests in turn, so that one with many pictures does not hold up another', async () => {
    const pool = new PreparationPool({
      workers: 1,
      maxQueue: 100,
      timeoutMs: 20_000,
      onLost: () => undefined,
    });
    try {
      const done: string[] = [];
      const prepare = async (name: string, group: object) => {
        await pool.prepare(task, { client: 'one', signal: never, group });
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
      timeoutMs: 20_000,
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
