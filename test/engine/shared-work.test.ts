import { SharedWork } from '../../src/engine/shared-work.js';
import { ClipgraphError } from '../../src/errors/index.js';
import type { Turn } from '../../src/isolation/fair-queue.js';

const turnOf = (signal: AbortSignal, client = 'one'): Turn => ({ client, group: signal, signal });

/** Work that ends when it is told to, and that says whether it was cancelled. */
function workOf() {
  const started: AbortSignal[] = [];
  const ends: ((value: string) => void)[] = [];
  const start = ({ signal }: Turn) => {
    started.push(signal);
    return new Promise<string>((resolve, reject) => {
      ends.push(resolve);
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  };
  return { started, ends, start };
}

describe('SharedWork', () => {
  it('does for two what one asked for first', async () => {
    const shared = new SharedWork<string>();
    const { started, ends, start } = workOf();
    const { signal } = new AbortController();
    const both = Promise.all([
      shared.join('a', turnOf(signal), start),
      shared.join('a', turnOf(signal), start),
    ]);
    const other = shared.join('b', turnOf(signal), start);
    ends[0]('done');
    ends[1]('other');
    expect([await both, await other, started.length]).toEqual([['done', 'done'], 'other', 2]);
  });

  it('lets one leave at once and goes on for the other', async () => {
    const shared = new SharedWork<string>();
    const { started, ends, start } = workOf();
    const leaver = new AbortController();
    const left = shared.join('a', turnOf(leaver.signal), start);
    const stays = shared.join('a', turnOf(new AbortController().signal), start);
    leaver.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    expect(started[0].aborted).toBe(false);
    ends[0]('done');
    expect(await stays).toBe('done');
  });

  it('is cancelled when the last one leaves, and begins anew for who comes then', async () => {
    const shared = new SharedWork<string>();
    const { started, ends, start } = workOf();
    const leavers = [new AbortController(), new AbortController()];
    const left = leavers.map(({ signal }) => shared.join('a', turnOf(signal), start));
    for (const leaver of leavers) leaver.abort(new Error('gone'));
    for (const one of left) await expect(one).rejects.toThrow('gone');
    expect(started[0].aborted).toBe(true);
    const next = shared.join('a', turnOf(new AbortController().signal), start);
    ends[1]('again');
    expect(await next).toBe('again');
    expect(started[1].aborted).toBe(false);
  });

  it('starts nothing for who has left already', async () => {
    const { started, start } = workOf();
    const joined = new SharedWork<string>().join('a', turnOf(AbortSignal.abort(new Error('gone'))), start);
    await expect(joined).rejects.toThrow('gone');
    expect(started).toHaveLength(0);
  });

  it('fails all who wait, and remembers no failure', async () => {
    const shared = new SharedWork<string>();
    const { signal } = new AbortController();
    const fail = () => Promise.reject(new Error('broken'));
    const both = [shared.join('a', turnOf(signal), fail), shared.join('a', turnOf(signal), fail)];
    for (const one of both) await expect(one).rejects.toThrow('broken');
    expect(await shared.join('a', turnOf(signal), () => Promise.resolve('mended'))).toBe('mended');
  });

  it('asks again in the name of another client, once for all that wait, where the first one has too much waiting', async () => {
    const shared = new SharedWork<string>();
    const clients: unknown[] = [];
    const { signal } = new AbortController();
    const join = (client: string) =>
      shared.join('a', turnOf(signal, client), async (turn) => {
        clients.push(turn.client);
        await Promise.resolve();
        if (turn.client === 'flood') throw new ClipgraphError('OVERLOADED', 'The queue is full.');
        return 'done';
      });
    const [flood, ...others] = ['flood', 'quiet', 'flood', 'another'].map(join);
    await expect(flood).rejects.toMatchObject({ code: 'OVERLOADED' });
    await expect(others[1]).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(await Promise.all([others[0], others[2]])).toEqual(['done', 'done']);
    expect(clients).toEqual(['flood', 'quiet']);
  });

  it('asks again for nobody who has left meanwhile, and after no other failure', async () => {
    const shared = new SharedWork<string>();
    let starts = 0;
    const leaver = new AbortController();
    const end = (code: 'OVERLOADED' | 'TEXT_TOO_LONG') => async (): Promise<string> => {
      starts++;
      await Promise.resolve();
      if (code === 'OVERLOADED') leaver.abort(new Error('gone'));
      throw new ClipgraphError(code, 'No.');
    };
    for (const code of ['TEXT_TOO_LONG', 'OVERLOADED'] as const) {
      const both = ['flood', 'quiet'].map((client) =>
        shared.join('a', turnOf(leaver.signal, client), end(code)),
      );
      const [, quiet] = await Promise.allSettled(both);
      const reason = code === 'OVERLOADED' ? { message: 'gone' } : { code };
      expect(quiet).toMatchObject({ status: 'rejected', reason });
    }
    expect(starts).toBe(2);
  });
});
