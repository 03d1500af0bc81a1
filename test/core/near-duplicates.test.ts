import { cosine, nearDuplicates, VectorIndex, type DuplicateGroup } from '../../src/core/index.js';
import { clustered, normalOf } from '../clustered-vectors.js';
import { randomOf } from '../fuzz/random.js';

/** The definition, word by word. */
function slowGroups(rows: readonly Float32Array[], order: readonly number[], threshold: number): number[][] {
  const free = new Set(order);
  return order.flatMap((first) => {
    if (!free.delete(first)) return [];
    const others = order.filter((row) => free.has(row) && cosine(rows[first], rows[row]) >= threshold);
    for (const row of others) free.delete(row);
    return others.length === 0 ? [] : [[first, ...others]];
  });
}

function groupsOf(
  rows: readonly Float32Array[],
  threshold: number,
  order?: readonly number[],
): DuplicateGroup[] {
  const index = new VectorIndex(rows[0].length);
  for (const row of rows) index.append(row);
  const all = nearDuplicates(index, (row) => rows[row], { threshold, order });
  return Array.from(all).filter((group) => group !== undefined);
}

/** Vectors of which many are others, a little turned. */
function family(count: number, dimensions: number, seed: number): Float32Array[] {
  const next = clustered({ dimensions, seed, topics: 4, groups: 3 });
  const random = randomOf(seed);
  const normal = normalOf(seed);
  const rows: Float32Array[] = [];
  while (rows.length < count) {
    const noise = random.pick([0, 1e-9, 1e-3, 0.02]);
    rows.push(
      random.chance(0.5) || rows.length === 0
        ? next()
        : random.pick(rows).map((value) => value + noise * normal()),
    );
  }
  return rows;
}

describe('near-duplicates', () => {
  it.each([1, 2, 3, 4])('are the groups of the definition, in any order: seed %d', (seed) => {
    const rows = family(300, 40, seed);
    const random = randomOf(seed, 2);
    const order = Array.from(rows.keys());
    for (let i = order.length - 1; i > 0; i--) {
      const other = random.below(i + 1);
      [order[i], order[other]] = [order[other], order[i]];
    }
    for (const threshold of [0.5, 0.95, 0.999999, 1]) {
      for (const given of [undefined, order]) {
        const slow = slowGroups(rows, given ?? Array.from(rows.keys()), threshold);
        const groups = groupsOf(rows, threshold, given);
        expect(groups.map(({ first }) => first)).toEqual(slow.map(([first]) => first));
        for (const [i, { first, others }] of groups.entries()) {
          expect(others.map(({ row }) => row).sort()).toEqual(slow[i].slice(1).sort());
          for (const hit of others) expect(hit.cosine).toBe(cosine(rows[first], rows[hit.row]));
        }
      }
    }
  });

  it('are one group where all are the same, and none where none is near', () => {
    const same = Array.from({ length: 100 }, () => Float32Array.of(0.3, -0.5, 0.1));
    const [{ first, others }, ...rest] = groupsOf(same, 0.99);
    expect([first, others.map(({ row }) => row), rest]).toEqual([
      0,
      Array.from({ length: 99 }, (_, i) => i + 1),
      [],
    ]);
    const apart = Array.from({ length: 50 }, (_, i) => new Float32Array(50).fill(1, i, i + 1));
    expect(groupsOf(apart, 0.5)).toEqual([]);
  });

  it('leave out rows that were removed, and those that are not given', () => {
    const rows = Array.from({ length: 6 }, () => Float32Array.of(3, 4));
    const index = new VectorIndex(2);
    for (const row of rows) index.append(row);
    index.remove(3);
    const groups = Array.from(
      nearDuplicates(index, (row) => rows[row], { threshold: 0.9, order: [5, 3, 1, 0] }),
    );
    expect(groups.filter((group) => group !== undefined)).toEqual([
      { first: 5, others: [{ row: 1, cosine: 1 }, { row: 0, cosine: 1 }] }, // prettier-ignore
    ]);
  });
});
