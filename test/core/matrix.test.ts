import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import {
  blend,
  cosine,
  cosineMatrix,
  cosineMatrixInSteps,
  norm,
  rankingOf,
  softmax,
  unit,
} from '../../src/core/similarity/index.js';
import { unpack } from '../vectors.js';

interface Golden {
  readonly matrices: readonly {
    readonly rows: number;
    readonly columns: number;
    readonly dimensions: number;
    readonly a: string;
    readonly b: string;
    readonly cosines: string;
  }[];
  readonly rankings: readonly {
    readonly cosines: number[];
    readonly logitScale: number;
    readonly probabilities: number[];
    readonly ranks: number[];
  }[];
}

// Made by training/similarity_goldens.py.
const golden = JSON.parse(
  readFileSync(path.join(__dirname, '..', 'goldens', 'similarity.json'), 'utf8'),
) as Golden;

function rowsOf(base64: string, width: number): number[][] {
  const values = unpack(base64);
  return Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width));
}

describe('a matrix', () => {
  it.each(golden.matrices)(
    'of $rows × $columns vectors of $dimensions is util.cos_sim of sentence-transformers',
    ({ a, b, dimensions, columns, cosines }) => {
      const ours = cosineMatrix(rowsOf(a, dimensions), rowsOf(b, dimensions));
      const theirs = rowsOf(cosines, columns);
      expect(ours).toHaveLength(theirs.length);
      for (const [i, row] of theirs.entries()) {
        for (const [j, value] of row.entries()) expect(Math.abs(ours[i][j] - value)).toBeLessThan(1e-6);
      }
    },
  );

  it('is [1, 0, -1] of the vectors in the tests of sentence-transformers', () => {
    const [row] = cosineMatrix([[1, 0]], [[1, 0], [0, 1], [-1, 0]]); // prettier-ignore
    expect(Array.from(row)).toEqual([1, 0, -1]);
  });

  it('has the cosines of its pairs, bit for bit', () => {
    const vectors = fc.array(
      fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: 5, maxLength: 5 }),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(vectors, vectors, (rows, columns) => {
        const matrix = cosineMatrix(rows, columns);
        for (const [i, row] of rows.entries()) {
          for (const [j, column] of columns.entries()) expect(matrix[i][j]).toBe(cosine(row, column));
        }
      }),
    );
  });

  /** So many float32 vectors, from a seed. */
  function float32(count: number, dimensions: number, seed: number): Float32Array[] {
    let state = seed;
    const random = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32 - 0.5;
    };
    return Array.from({ length: count }, () => Float32Array.from({ length: dimensions }, random));
  }

  it.each([
    [300, 70, 60],
    [261, 67, 77],
    [5, 700, 512],
    [1030, 3, 400],
  ])('of %i × %i float32 vectors of %i has the cosines of its pairs within 1.2e-6', (r, c, dimensions) => {
    const [rows, columns] = [float32(r, dimensions, 1), float32(c, dimensions, 2)];
    rows[r - 1] = columns[c - 1].map((value) => 3 * value);
    rows[0] = columns[0].map((value) => -value);
    const matrix = cosineMatrix(rows, columns);
    let worst = 0;
    for (const [i, row] of rows.entries()) {
      for (const [j, column] of columns.entries())
        worst = Math.max(worst, Math.abs(matrix[i][j] - cosine(row, column)));
    }
    expect(worst).toBeLessThan(1.2e-6);
    expect(matrix.map((row) => row.length)).toEqual(Array.from({ length: r }, () => c));
    expect(Math.max(...matrix.map((row) => Math.max(...row)))).toBeLessThanOrEqual(1);
    expect(Math.min(...matrix.map((row) => Math.min(...row)))).toBeGreaterThanOrEqual(-1);
  });

  it('is the same when two are made by turns', () => {
    const [a, b, c] = [float32(300, 64, 1), float32(200, 64, 2), float32(300, 64, 3)];
    const alone = [cosineMatrix(a, b), cosineMatrix(c, b)];
    const work = [cosineMatrixInSteps(a, b), cosineMatrixInSteps(c, b)];
    const made: (Float64Array[] | undefined)[] = [undefined, undefined];
    while (made.includes(undefined)) {
      for (const [i, steps] of work.entries()) {
        const { done, value } = steps.next();
        if (done === true) made[i] ??= value;
      }
    }
    expect(made).toEqual(alone);
  });

  it.each([
    ['ZERO_VECTOR', 0],
    ['INVALID_VECTOR', NaN],
  ])('of many is refused as %s for one that is', (code, value) => {
    const rows = float32(1100, 100, 1);
    rows[1000].fill(value);
    expect(() => cosineMatrix(rows, float32(20, 100, 2))).toThrow(expect.objectContaining({ code }));
    expect(() => cosineMatrix(float32(20, 100, 2), rows)).toThrow(expect.objectContaining({ code }));
  });

  it('of many very long and very short vectors is as exact', () => {
    const [rows, columns] = [float32(1100, 100, 1), float32(20, 100, 2)];
    rows[7] = rows[7].map((value) => value * 1e30);
    rows[8] = rows[8].map((value) => value * 1e-30);
    const matrix = cosineMatrix(rows, columns);
    for (const i of [7, 8]) expect(matrix[i][3]).toBe(cosine(rows[i], columns[3]));
  });

  it.each([
    ['ZERO_VECTOR', [[0, 0]], [[1, 2]]],
    ['ZERO_VECTOR', [[1, 2]], [[0, 0]]],
    ['DIMENSION_MISMATCH', [[1, 2, 3]], [[1, 2]]],
    ['INVALID_VECTOR', [[1, NaN]], [[1, 2]]],
    ['INVALID_VECTOR', [[1, 2]], [[]]],
  ])('is refused as %s for %j and %j', (code, rows, columns) => {
    expect(() => cosineMatrix(rows, columns)).toThrow(expect.objectContaining({ code }));
  });

  it('may be empty', () => {
    expect(cosineMatrix([], [[1, 2]])).toEqual([]);
    expect(cosineMatrix([[1, 2]], [])).toEqual([new Float64Array(0)]);
  });
});

describe('softmax and ranking', () => {
  it.each(golden.rankings)("are SciPy's at a scale of $logitScale", (golden_) => {
    const { cosines, logitScale, probabilities, ranks } = golden_;
    const ours = softmax(cosines.map((value) => value * logitScale));
    for (const [i, value] of probabilities.entries()) expect(Math.abs(ours[i] - value)).toBeLessThan(1e-12);
    const places = rankingOf(cosines);
    expect(ranks.map((_, index) => places.indexOf(index))).toEqual(ranks);
  });

  it('refuse what has no order', () => {
    for (const wrong of [[1, NaN], [Infinity]]) {
      expect(() => softmax(wrong)).toThrow(expect.objectContaining({ code: 'INVALID_VECTOR' }));
      expect(() => rankingOf(wrong)).toThrow(expect.objectContaining({ code: 'INVALID_VECTOR' }));
    }
  });

  it('hold more candidates than a call may have arguments', () => {
    const many = Array.from({ length: 300_000 }, (_, i) => (i % 1000) / 1000);
    expect(softmax(many).reduce((a, b) => a + b)).toBeCloseTo(1, 9);
    expect(rankingOf(many)[0]).toBe(999);
  });
});

describe('a blend', () => {
  const [x, y] = [
    [1, 0],
    [0, 1],
  ];

  it('is the weighted sum, with its norm', () => {
    const { sum, norm: length } = blend([x, y], [3, -4]);
    expect([Array.from(sum), length]).toEqual([[3, -4], 5]);
  });

  it('has the same direction for weights of any size', () => {
    const direction = (scale: number) => Array.from(unit(blend([x, y], [2 * scale, 1 * scale]).sum));
    for (const scale of [1e-30, 1e-5, 1e5, 1e30]) {
      for (const [i, value] of direction(scale).entries()) expect(value).toBeCloseTo(direction(1)[i], 6);
    }
  });

  it('of one part is that part', () => {
    const vector = unit([0.3, -0.5, 0.7]);
    expect(norm(blend([vector], [2]).sum)).toBeCloseTo(2, 6);
    expect(cosine(blend([vector], [2]).sum, vector)).toBeCloseTo(1, 12);
  });

  it.each([
    ['ZERO_VECTOR', 'parts that cancel', [x, x], [1, -1]],
    ['ZERO_VECTOR', 'parts that cancel but for rounding', [x, x, x], [0.1, 0.2, -0.3]],
    ['ZERO_VECTOR', 'weights of zero', [x, y], [0, 0]],
    ['ZERO_VECTOR', 'no parts', [], []],
    ['DIMENSION_MISMATCH', 'parts of two lengths', [x, [1, 0, 0]], [1, 1]],
    ['BAD_USER_INPUT', 'a weight that is no number', [x], [NaN]],
    ['BAD_USER_INPUT', 'fewer weights than parts', [x, y], [1]],
  ])('is refused as %s for %s', (code, _, parts, weights) => {
    expect(() => blend(parts, weights)).toThrow(expect.objectContaining({ code }));
  });
});
