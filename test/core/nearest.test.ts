import fc from 'fast-check';
import { addRepeatedly, nearestInputs } from '../../src/core/image/nearest.js';

const ONE_BY_ONE = 20_000;

/** Halfway cases: a step of few bits beside a large start. */
const sizes = fc.record({
  input: fc.integer({ min: 1, max: 1e7 }),
  output: fc.integer({ min: 1, max: 1e9 }),
});

describe('a sum that is added to again and again', () => {
  it('is, to the bit, what it is one by one', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 0, max: ONE_BY_ONE }), ({ input, output }, times) => {
        const step = input / output;
        let sum = step * 0.5;
        for (let i = 0; i < times; i++) sum += step;
        expect(addRepeatedly(step * 0.5, step, times)).toBe(sum);
      }),
      { numRuns: 500 },
    );
  });

  it('is so where each step falls halfway between two floats', () => {
    const unit = 2 ** -20;
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 0, max: 3000 }),
        (low, units, times) => {
          const start = 2 ** 32 + low * unit;
          const step = (units + 0.5) * unit;
          let sum = start;
          for (let i = 0; i < times; i++) sum += step;
          expect(addRepeatedly(start, step, times)).toBe(sum);
        },
      ),
    );
  });

  it('stays where the step is too small to be seen', () => {
    expect(addRepeatedly(2 ** 53, 0.25, 1e12)).toBe(2 ** 53);
  });
});

describe('the nearest inputs', () => {
  it('are found without counting to them', () => {
    // Two billion outputs: one by one they take seconds, and the position drifts from `step * output`.
    const inputs = nearestInputs(1e7, 224e7, 112e7, 224);
    expect(inputs).toHaveLength(224);
    expect(inputs[0]).toBeGreaterThan(4.9e6);
    expect(inputs[223] - inputs[0]).toBeLessThanOrEqual(1);
  });
});
