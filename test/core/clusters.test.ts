import { atOnce, clusterVectors, cosine, norm, type ClusterOptions } from '../../src/core/index.js';
import { clustered, normalOf } from '../clustered-vectors.js';
import { randomOf } from '../fuzz/random.js';

const run = (rows: readonly Float32Array[], options: ClusterOptions) =>
  atOnce(clusterVectors(rows.length, (place) => rows[place], options));

/** Each some steps from one of so many directions that lie far apart. */
function blobs(count: number, directions: number, seed: number) {
  const normal = normalOf(seed);
  const random = randomOf(seed);
  const truth = Array.from({ length: count }, () => random.below(directions));
  const rows = truth.map((direction) =>
    Float32Array.from({ length: 24 }, (_, i) => (i === direction ? 1 : 0) + 0.05 * normal()),
  );
  return { truth, rows };
}

describe('clusters', () => {
  it.each([1, 2, 3, 4, 5])('are the groups that are there: seed %d', (seed) => {
    const { truth, rows } = blobs(400, 6, seed);
    // k-means++ finds groups that lie far apart from any seed or from one of a few.
    const isFound = [1, 2, 3].some((start) => {
      const { assignments, centres } = run(rows, { count: 6, seed: start });
      const pairs = new Set(truth.map((direction, i) => `${direction} ${assignments[i]}`));
      return centres.length === 6 && pairs.size === 6;
    });
    expect(isFound).toBe(true);
  });

  it('have every vector at the nearest centre, with its cosine, and centres of unit length', () => {
    const next = clustered({ dimensions: 33, topics: 5, groups: 3 });
    const rows = Array.from({ length: 700 }, next);
    for (const maxSample of [100, 700, 5000]) {
      const { centres, assignments, cosines } = run(rows, { count: 9, maxSample });
      expect(centres).toHaveLength(9);
      expect(new Set(assignments).size).toBe(9);
      for (const centre of centres) expect(norm(centre)).toBeCloseTo(1, 6);
      for (const [i, row] of rows.entries()) {
        const all = centres.map((centre) => cosine(row, centre));
        expect(cosines[i]).toBe(all[assignments[i]]);
        expect(Math.max(...all) - cosines[i]).toBeLessThan(1e-12);
      }
    }
  });

  it('end where each centre is the middle of its vectors', () => {
    const { rows } = blobs(300, 4, 9);
    const { centres, assignments } = run(rows, { count: 4 });
    for (const [at, centre] of centres.entries()) {
      const sum = new Float64Array(24);
      for (const [i, row] of rows.entries()) {
        if (assignments[i] !== at) continue;
        for (let j = 0; j < 24; j++) sum[j] += row[j] / norm(row);
      }
      expect(cosine(sum, centre)).toBeCloseTo(1, 10);
    }
  });

  it('are the same for the same seed', () => {
    const next = clustered({ dimensions: 16 });
    const rows = Array.from({ length: 500 }, next);
    expect(run(rows, { count: 5, seed: 3, maxSample: 200 })).toEqual(
      run(rows, { count: 5, seed: 3, maxSample: 200 }),
    );
    expect(run(rows, { count: 5, seed: 4 }).assignments).not.toEqual(
      run(rows, { count: 5, seed: 3 }).assignments,
    );
  });

  it('are fewer where there are fewer directions, whatever the lengths', () => {
    const few = [Float32Array.of(1, 0), Float32Array.of(0, 1e-20), Float32Array.of(-1e20, 0)];
    const rows = Array.from({ length: 60 }, (_, i) => few[i % 3]);
    const { centres, assignments, cosines } = run(rows, { count: 10 });
    expect(centres).toHaveLength(3);
    expect(new Set(assignments).size).toBe(3);
    expect(new Set(cosines)).toEqual(new Set([1]));
    expect(run([few[0]], { count: 2 }).centres).toEqual([few[0]]);
    expect(run([], { count: 2 }).centres).toEqual([]);
  });

  it('come in steps', () => {
    const next = clustered({ dimensions: 256, topics: 5 });
    const rows = Array.from({ length: 2000 }, next);
    const steps = clusterVectors(rows.length, (place) => rows[place], { count: 20, maxIterations: 2 });
    let count = 0;
    while (steps.next().done !== true) count++;
    expect(count).toBeGreaterThan(30);
  });

  it.each([
    ['BAD_USER_INPUT', [[1, 0]], { count: 0 }],
    ['BAD_USER_INPUT', [[1, 0]], { count: 1.5 }],
    ['ZERO_VECTOR', [[0, 0]], { count: 1 }],
    ['INVALID_VECTOR', [[1, NaN]], { count: 1 }],
    ['DIMENSION_MISMATCH', [[1, 1], [1, 1, 1]], { count: 1 }], // prettier-ignore
  ])('are refused as %s for %j with %j', (code, rows, options) => {
    const vectors = rows.map((row) => Float32Array.from(row));
    expect(() => run(vectors, options)).toThrow(expect.objectContaining({ code }));
  });
});
