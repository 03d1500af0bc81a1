import fc from 'fast-check';
import {
  angle,
  certainty,
  clipScore,
  cosine,
  cosineMatrix,
  distance,
  norm,
  rankingOf,
  softmax,
  unit,
} from '../../src/core/similarity/index.js';

const component = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const pair = fc.integer({ min: 1, max: 64 }).chain((n) => {
  const vector = fc.array(component, { minLength: n, maxLength: n });
  return fc.tuple(vector, vector);
});

describe('cosine', () => {
  it.each([
    [[1, 0], [1, 0], 1],
    [[1, 0], [0, 1], 0],
    [[1, 0], [-1, 0], -1],
    [[3, 4], [4, 3], 0.96],
  ])('of %j and %j is %d', (a, b, expected) => {
    expect(cosine(a, b)).toBeCloseTo(expected, 15);
  });

  it('lies in [-1, 1], is symmetric and ignores length', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        fc.pre(norm(a) > 1e-3 && norm(b) > 1e-3);
        const value = cosine(a, b);
        expect(Math.abs(value)).toBeLessThanOrEqual(1);
        expect(cosine(b, a)).toBe(value);
        expect(
          cosine(
            a.map((x) => x * 2),
            b,
          ),
        ).toBeCloseTo(value, 12);
        expect(cosine(a, a)).toBeCloseTo(1, 12);
      }),
    );
  });

  it.each([
    ['ZERO_VECTOR', [0, 0], [1, 0]],
    ['DIMENSION_MISMATCH', [1, 0], [1, 0, 0]],
    ['INVALID_VECTOR', [NaN, 0], [1, 0]],
    ['INVALID_VECTOR', [Infinity, 0], [1, 0]],
    ['INVALID_VECTOR', [], []],
  ])('refuses with %s', (code, a, b) => {
    expect(() => cosine(a, b)).toThrow(expect.objectContaining({ code }));
  });
});

describe('unit', () => {
  it('has norm 1', () => {
    expect(norm(unit([3, 4]))).toBeCloseTo(1, 7);
    expect(() => unit([0, 0])).toThrow(expect.objectContaining({ code: 'ZERO_VECTOR' }));
  });
});

describe('scores', () => {
  it('follow from the cosine', () => {
    expect([angle(1), angle(0), angle(-1)]).toEqual([0, 90, 180]);
    expect([distance(0.25), certainty(0.5), clipScore(0.4), clipScore(-0.4)]).toEqual([0.75, 0.75, 1, 0]);
  });
});

describe('softmax', () => {
  it('sums to 1 and keeps the order, for logits of any size', () => {
    const logits = fc.array(fc.double({ min: -1e5, max: 1e5, noNaN: true }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(logits, (values) => {
        const probabilities = softmax(values);
        expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 10);
        expect(Math.max(...probabilities)).toBe(probabilities[values.indexOf(Math.max(...values))]);
      }),
    );
  });
});

describe('ranking', () => {
  it('goes from the highest to the lowest, ties in their order', () => {
    expect(rankingOf([0.1, 0.9, 0.5, 0.9])).toEqual([1, 3, 2, 0]);
  });
});

describe('vectors whose squares leave the range of a float64', () => {
  it.each([1e200, 1e-170, 1e308, 5e-324])('have a cosine, a length and a direction: %d', (value) => {
    expect(cosine([value, 0], [value, 0])).toBe(1);
    expect(cosine([value, 0], [0, 1])).toBe(0);
    expect(cosine([value, value], [1, 0])).toBeCloseTo(Math.SQRT1_2, 12);
    expect(Array.from(unit([0, value]))).toEqual([0, 1]);
    expect(norm([value, 0])).toBe(value);
    expect(
      cosineMatrix(
        [[value, 0]],
        [
          [value, 0],
          [1, 0],
        ],
      )[0],
    ).toEqual(Float64Array.of(1, 1));
  });
});
