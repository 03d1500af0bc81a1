import { stillWaiting, WaitingQueue, whenNobodyWaits } from '../../src/isolation/waiting.js';

const left = (): AbortSignal => AbortSignal.abort(new Error('left'));
const never = (): AbortSignal => new AbortController().signal;

describe('who still waits', () => {
  it('is asked of the signals as they are now', () => {
    const controller = new AbortController();
    const jobs = [{ signal: controller.signal }, { signal: never() }, { signal: left() }];
    expect(stillWaiting(jobs)).toHaveLength(2);
    controller.abort();
    expect(stillWaiting(jobs)).toEqual([jobs[1]]);
  });

  it('is nobody when all have left before', () => {
    const signal = whenNobodyWaits([left(), left()], never());
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toEqual(new Error('left'));
  });

  it('does not count those who left before as waiting', () => {
    const controller = new AbortController();
    const signal = whenNobodyWaits([left(), controller.signal], never());
    expect(signal.aborted).toBe(false);
    controller.abort(new Error('the last one'));
    expect(signal.reason).toEqual(new Error('the last one'));
  });

  it('is not watched any longer once the work is done', () => {
    const done = new AbortController();
    const controller = new AbortController();
    const signal = whenNobodyWaits([controller.signal], done.signal);
    done.abort();
    controller.abort();
    expect(signal.aborted).toBe(false);
  });
});

describe('a queue of work that somebody waits for', () => {
  const submit = (queue: WaitingQueue<string, string>, task: string, signal = never()) =>
    queue
      .submit(task, { client: 'one', group: {}, signal })
      .catch((error: unknown) => (error as Error).message);

  it('loses who leaves, so that others have room', async () => {
    const queue = new WaitingQueue<string, string>();
    const controller = new AbortController();
    const gone = submit(queue, 'a', controller.signal);
    void submit(queue, 'b');
    controller.abort(new Error('left'));
    expect(await gone).toBe('left');
    expect(queue.size).toBe(1);
    expect(queue.take(2).map(({ task }) => task)).toEqual(['b']);
  });

  it('answers who leaves at once, also when the work has started, and does not take it back', async () => {
    const queue = new WaitingQueue<string, string>();
    const controller = new AbortController();
    const gone = submit(queue, 'a', controller.signal);
    const [job] = queue.take(1);
    controller.abort(new Error('left'));
    expect(await gone).toBe('left');
    queue.putBack(job);
    expect(queue.size).toBe(0);
  });

  it('takes nothing of somebody who has left already', async () => {
    const queue = new WaitingQueue<string, string>();
    expect(await submit(queue, 'a', left())).toBe('left');
    expect(queue.size).toBe(0);
  });

  it('ends what waits and refuses what comes, once it is closed', async () => {
    const queue = new WaitingQueue<string, string>();
    const [waiting, started] = [submit(queue, 'a'), submit(queue, 'b')];
    const [, job] = queue.take(2);
    queue.putBack(job);
    queue.close(new Error('closed'));
    expect(await started).toBe('closed');
    expect(await submit(queue, 'c')).toBe('closed');
    void waiting;
  });
});
