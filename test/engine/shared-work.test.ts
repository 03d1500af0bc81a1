import { SharedWork } from '../../src/engine/shared-work.js';

/** Work that ends when it is told to, and that says whether it was cancelled. */
function workOf() {
  const started: AbortSignal[] = [];
  const ends: ((value: string) => void)[] = [];
  const start = (signal: AbortSignal) => {
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
    const both = Promise.all([shared.join('a', signal, start), shared.join('a', signal, start)]);
    const other = shared.join('b', signal, start);
    ends[0]('done');
    ends[1]('other');
    expect([await both, await other, started.length]).toEqual([['done', 'done'], 'other', 2]);
  });

  it('lets one leave at once and goes on for the other', async () => {
    const shared = new SharedWork<string>();
    const { started, ends, start } = workOf();
    const leaver = new AbortController();
    const left = shared.join('a', leaver.signal, start);
    const stays = shared.join('a', new AbortController().signal, start);
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
    const left = leavers.map(({ signal }) => shared.join('a', signal, start));
    for (const leaver of leavers) leaver.abort(new Error('gone'));
    for (const one of left) await expect(one).rejects.toThrow('gone');
    expect(started[0].aborted).toBe(true);
    const next = shared.join('a', new AbortController().signal, start);
    ends[1]('again');
    expect(await next).toBe('again');
    expect(started[1].aborted).toBe(false);
  });

  it('starts nothing for who has left already', async () => {
    const { started, start } = workOf();
    const joined = new SharedWork<string>().join('a', AbortSignal.abort(new Error('gone')), start);
    await expect(joined).rejects.toThrow('gone');
    expect(started).toHaveLength(0);
  });

  it('fails all who wait, and remembers no failure', async () => {
    const shared = new SharedWork<string>();
    const { signal } = new AbortController();
    const fail = () => Promise.reject(new Error('broken'));
    const both = [shared.join('a', signal, fail), shared.join('a', signal, fail)];
    for (const one of both) await expect(one).rejects.toThrow('broken');
    expect(await shared.join('a', signal, () => Promise.resolve('mended'))).toBe('mended');
  });
});
