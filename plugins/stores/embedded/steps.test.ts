import { inTurns } from './steps.js';

/** Steps that each take longer than a turn; `at` is called before each. */
function* slowSteps(count: number, at: (step: number) => void): Generator<undefined, string> {
  for (let step = 0; step < count; step++) {
    at(step);
    const end = performance.now() + 6;
    while (performance.now() < end);
    yield;
  }
  return 'all';
}

describe('steps in turns', () => {
  it('end when nobody waits for them', async () => {
    const controller = new AbortController();
    let last = -1;
    const steps = slowSteps(50, (step) => {
      last = step;
      if (step === 3) controller.abort(new Error('left'));
    });
    await expect(inTurns(steps, controller.signal, () => true)).rejects.toThrow('left');
    expect(last).toBe(3);
  });

  it('go on while what they do is for the next one, too', async () => {
    const controller = new AbortController();
    let isShared = true;
    let last = -1;
    const steps = slowSteps(50, (step) => {
      last = step;
      if (step === 3) controller.abort(new Error('left'));
      if (step === 7) isShared = false;
    });
    await expect(inTurns(steps, controller.signal, () => !isShared)).rejects.toThrow('left');
    expect(last).toBe(7);
  });
});
