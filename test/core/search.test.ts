import {
  atOnce,
  indexBytes,
  maxIndexRows,
  RowSet,
  searchRows,
  VectorIndex,
  type RowHit,
  type SearchOptions,
} from '../../src/core/index.js';
import { openScanKernel } from '../../src/core/similarity/search/open-kernel.js';
import { plainScanKernel } from '../../src/core/similarity/search/plain-kernel.js';
import { clustered, normalOf } from '../clustered-vectors.js';
import { randomOf } from '../fuzz/random.js';
import { bruteForce } from './brute-force.js';

const IS_FULL = process.env.CLIPGRAPH_FULL !== undefined;

type Rows = (Float32Array | undefined)[];

/** Vectors one after the other. */
function joined(vectors: readonly Float32Array[], dimensions: number): Float32Array {
  const all = new Float32Array(vectors.length * dimensions);
  for (const [i, vector] of vectors.entries()) all.set(vector, i * dimensions);
  return all;
}

function indexOf(rows: readonly Float32Array[], dimensions: number, kernel = openScanKernel()): VectorIndex {
  const index = new VectorIndex(dimensions, { kernel });
  index.append(joined(rows, dimensions));
  return index;
}

function find(index: VectorIndex, rows: Rows, queries: Float32Array[], options: SearchOptions) {
  return atOnce(searchRows(index, queries, (row) => rows[row]!, options));
}

/** The first place where two rankings differ, in the row or in a bit of its cosine; undefined where they are equal. */
function firstDifference(found: readonly RowHit[], expected: readonly RowHit[]): object | undefined {
  const length = Math.max(found.length, expected.length);
  for (let place = 0; place < length; place++) {
    const [one, other] = [found.at(place), expected.at(place)];
    if (one?.row !== other?.row || !Object.is(one?.cosine, other?.cosine))
      return { place, found: one, expected: other };
  }
  return undefined;
}

/** What is found is as expected: the same rows, in the same order, with the same float64 cosines. */
function expectHits(
  answers: readonly { readonly hits: readonly RowHit[] }[],
  expected: readonly (readonly RowHit[])[],
): void {
  expect(answers).toHaveLength(expected.length);
  for (const [i, { hits }] of answers.entries()) expect(firstDifference(hits, expected[i])).toBeUndefined();
}

/** Searched rows are brute force's. */
function expectExact(index: VectorIndex, rows: Rows, queries: Float32Array[], options: SearchOptions): void {
  expectHits(
    find(index, rows, queries, options),
    queries.map((query) => bruteForce(query, rows, options)),
  );
}

/** The next float32 above. */
function above(value: number): number {
  const bits = new Int32Array(Float32Array.of(value).buffer);
  bits[0]++;
  return new Float32Array(bits.buffer)[0];
}

type Kind = (dimensions: number, seed: number) => () => Float32Array;

const structureless: Kind = (dimensions, seed) => {
  const normal = normalOf(seed);
  return () => Float32Array.from({ length: dimensions }, normal);
};

/** Kinds of vectors: what models give, and what a bound may fail on. */
const KINDS: Record<string, Kind> = {
  'in clusters': (dimensions, seed) => clustered({ dimensions, seed, topics: 10, groups: 4 }),
  'in wide clusters': (dimensions, seed) =>
    clustered({ dimensions, seed, topics: 10, groups: 4, noise: 2.6 }),
  'without structure': structureless,
  'all the same': (dimensions, seed) => {
    const vector = structureless(dimensions, seed)();
    return () => vector.slice();
  },
  'a few, again and again': (dimensions, seed) => {
    const next = structureless(dimensions, seed);
    const few = [next(), next(), next()];
    const random = randomOf(seed);
    return () => random.pick(few).slice();
  },
  'one float32 apart': (dimensions, seed) => {
    const vector = structureless(dimensions, seed)();
    const random = randomOf(seed);
    return () => {
      const next = vector.slice();
      const at = random.below(dimensions);
      next[at] = above(next[at]);
      return next;
    };
  },
  'along one axis each': (dimensions, seed) => {
    const random = randomOf(seed);
    return () => {
      const vector = new Float32Array(dimensions);
      vector[random.below(dimensions)] = random.chance(0.3) ? -1 : 1;
      return vector;
    };
  },
  'opposite to each other': (dimensions, seed) => {
    const vector = structureless(dimensions, seed)();
    const random = randomOf(seed);
    return () => vector.map((value) => (random.chance(0.5) ? value : -value));
  },
  'with one component far above the others': (dimensions, seed) => {
    const normal = normalOf(seed);
    return () => Float32Array.from({ length: dimensions }, (_, i) => (i === 0 ? 1e3 : normal()));
  },
  'of very different lengths': (dimensions, seed) => {
    const next = structureless(dimensions, seed);
    const random = randomOf(seed);
    return () => {
      const length = random.pick([1e-40, 1e-30, 1e-3, 1, 1e10, 1e36]);
      const vector = next().map((value) => value * length);
      return vector.some((value) => value !== 0) ? vector : Float32Array.of(1e-45, ...vector.slice(1));
    };
  },
};

type Size = readonly [dimensions: number, count: number];

/** Below, at and above the 32 codes that the kernel reads at a time, of one strip of rows and of several. */
// prettier-ignore
const SIZES: readonly Size[] = IS_FULL
  ? [[1, 70], [3, 200], [31, 500], [64, 1500], [100, 33], [512, 300]]
  : [[1, 70], [3, 130], [31, 200], [64, 600], [100, 33], [512, 260]];
/** The plain code does one code after the other, whatever their number. */
// prettier-ignore
const SIZES_OF_PLAIN_CODE: readonly Size[] = IS_FULL ? SIZES : [[1, 70], [31, 140], [100, 33], [512, 130]];

const KERNELS = [
  ['the kernel', openScanKernel, SIZES],
  ['the plain code', plainScanKernel, SIZES_OF_PLAIN_CODE],
] as const;

describe.each(KERNELS)('a search by %s', (_, open, sizes) => {
  it.each(Object.keys(KINDS))('is exact among vectors %s', (name) => {
    for (const [dimensions, count] of sizes) {
      const next = KINDS[name](dimensions, dimensions);
      const rows = Array.from({ length: count }, next);
      const index = indexOf(rows, dimensions, open());
      for (const queries of [[next()], [rows[7], next()], [next(), rows[0], next(), next(), next()]]) {
        const all = queries.map((query) => bruteForce(query, rows, { limit: Infinity }));
        for (const { limit, minCosine = -1 } of [
          ...[1, 10, count, count + 5].map((most): SearchOptions => ({ limit: most })),
          { limit: 20, minCosine: 0.5 },
          { limit: Infinity, minCosine: 0.2 },
        ])
          expectHits(
            find(index, rows, queries, { limit, minCosine }),
            all.map((hits) => hits.filter(({ cosine }) => cosine >= minCosine).slice(0, limit)),
          );
      }
    }
  });

  it('is exact while rows come, change and go, with any filter', () => {
    for (const seed of IS_FULL ? [1, 2, 3] : [1]) {
      const random = randomOf(seed);
      const next = clustered({ dimensions: 48, seed, topics: 4, groups: 3 });
      const rows: Rows = [];
      const index = new VectorIndex(48, { kernel: open() });
      for (let round = 0; round < 12; round++) {
        const added = Array.from({ length: random.below(150) }, next);
        expect(index.append(joined(added, 48))).toBe(rows.length);
        rows.push(...added);
        for (let i = 0; i < 20 && rows.length > 0; i++) {
          const row = random.below(rows.length);
          if (random.chance(0.5)) {
            rows[row] = next();
            index.set(row, rows[row]);
          } else {
            expect(index.remove(row)).toBe(rows[row] !== undefined);
            rows[row] = undefined;
          }
        }
        expect(index.rows.size).toBe(rows.filter((row) => row !== undefined).length);
        for (const share of [0.001, 0.1, 0.9, 1]) {
          const allowed = new RowSet(Array.from(rows.keys()).filter(() => random.chance(share)));
          expectExact(index, rows, [next(), next(), next()], { limit: 7, allowed });
          const [{ searched }] = find(index, rows, [next()], { limit: 1, allowed });
          expect(searched).toBe(Array.from(allowed).filter((row) => rows[row] !== undefined).length);
        }
      }
    }
  });

  it('orders rows of one cosine as it is told', () => {
    const rows = Array.from({ length: 300 }, (_, i) => Float32Array.of(1, 1, i % 3));
    const index = indexOf(rows, 3, open());
    const ids = rows.map((_, i) => String((i * 7) % 300));
    const compare = (a: number, b: number) => (ids[a] < ids[b] ? -1 : 1);
    for (const limit of [1, 5, 99, 100, 150, 300]) {
      expectExact(index, rows, [Float32Array.of(1, 1, 0), Float32Array.of(0, 0, 1)], { limit, compare });
    }
  });

  it('goes on where an answer ended, page by page, ties too', () => {
    const next = KINDS['a few, again and again'](20, 5);
    const rows = Array.from({ length: 250 }, next);
    const index = indexOf(rows, 20, open());
    const query = next();
    const all = bruteForce(query, rows, { limit: Infinity });
    const pages = [];
    let after: SearchOptions['after'];
    for (;;) {
      const [{ hits }] = find(index, rows, [query], { limit: 30, after });
      if (hits.length === 0) break;
      pages.push(...hits);
      const last = hits.at(-1)!;
      after = { cosine: last.cosine, includes: (row) => row > last.row };
    }
    expect(pages).toEqual(all);
  });
});

describe('a search', () => {
  it('has its kernel here', () => {
    expect(Object.prototype.toString.call(openScanKernel().memory)).toBe('[object WebAssembly.Memory]');
  });

  it('of many vectors in clusters reads few of them, and is exact', () => {
    // In several slices; 100,000 take minutes on a busy machine, most of them to be made.
    const count = IS_FULL ? 100_000 : 16_000;
    const next = clustered({ dimensions: 512 });
    const rows = Array.from({ length: count }, next);
    const index = new VectorIndex(512, { rows: rows.length });
    for (let row = 0; row < rows.length; row += 1000) index.append(joined(rows.slice(row, row + 1000), 512));
    const queries = Array.from({ length: 3 }, next);
    const answers = find(index, rows, queries, { limit: 10 });
    expectHits(
      answers,
      queries.map((query) => bruteForce(query, rows, { limit: 10 })),
    );
    expect(answers.map(({ searched }) => searched)).toEqual([count, count, count]);
    expect(Math.max(...answers.map(({ rescored }) => rescored))).toBeLessThan(100);
    expect(index.bytes).toBe(indexBytes(count, 512));
    expect(index.bytes).toBeLessThan(count * 530 + 2 ** 21);
  });

  it('reads few where a mean and single components dominate, as in a CLIP', () => {
    const next = clustered({ dimensions: 512, topics: 20 });
    const normal = normalOf(2);
    const rows = Array.from({ length: IS_FULL ? 20_000 : 4000 }, next);
    for (const row of rows) row[133] -= 0.9;
    const index = indexOf(rows, 512);
    // As far from all rows as texts are from pictures.
    const queries = Array.from({ length: 4 }, () => next().map((value) => value + normal() / 6));
    const answers = find(index, rows, queries, { limit: 10 });
    expect(answers.map(({ hits }) => hits)).toEqual(
      queries.map((query) => bruteForce(query, rows, { limit: 10 })),
    );
    expect(Math.max(...answers.map(({ hits }) => hits[0].cosine))).toBeLessThan(0.4);
    expect(Math.max(...answers.map(({ rescored }) => rescored))).toBeLessThan(100);
  });

  it('keeps what it holds bounded when nearly every row has to be read', () => {
    const next = KINDS['one float32 apart'](32, 1);
    const rows = Array.from({ length: 30_000 }, next);
    const index = indexOf(rows, 32);
    expectExact(index, rows, [rows[0]], { limit: 10 });
  });

  it('may be stopped between steps, and another made meanwhile', () => {
    const next = structureless(8, 1);
    const rows = Array.from({ length: 140_000 }, next); // Three slices.
    const index = indexOf(rows, 8);
    const queries = [next(), next()];
    const left = queries.map((query) => searchRows(index, [query], (row) => rows[row], { limit: 10 }));
    const answers: unknown[] = [];
    let steps = 0;
    while (answers.length < 2) {
      const [search] = left;
      const { done, value } = search.next();
      steps++;
      left.push(...left.splice(0, 1));
      if (done === true) {
        left.splice(left.indexOf(search), 1);
        answers.push(value[0].hits);
      }
    }
    expect(steps).toBeGreaterThan(4);
    expect(answers).toEqual(queries.map((query) => bruteForce(query, rows, { limit: 10 })));
  });

  it('does not see rows that are added meanwhile, and ends when one is changed', () => {
    const rows = Array.from({ length: 5 }, (_, i) => Float32Array.of(1, i));
    const index = indexOf(rows, 2);
    const search = searchRows(index, [Float32Array.of(1, 9)], (row) => rows[row], { limit: 9 });
    search.next();
    index.append(Float32Array.of(1, 9));
    expect(atOnce(search)[0]).toMatchObject({ searched: 5, hits: { length: 5 } });
    const other = searchRows(index, [Float32Array.of(1, 9)], (row) => rows[row], { limit: 9 });
    other.next();
    index.remove(0);
    expect(() => other.next()).toThrow('replaced or removed');
  });

  it('is empty for a limit of 0, an empty index, and no queries', () => {
    const rows = [Float32Array.of(1, 0)];
    const index = indexOf(rows, 2);
    expect(find(index, rows, [rows[0]], { limit: 0 })).toEqual([{ hits: [], searched: 0, rescored: 0 }]);
    expect(find(new VectorIndex(2), [], [rows[0]], { limit: 5 })[0].hits).toEqual([]);
    expect(find(index, rows, [], { limit: 5 })).toEqual([]);
  });

  it('says when the vector that it reads is another than was indexed', () => {
    const index = indexOf([Float32Array.of(1, 0)], 2);
    const search = () => find(index, [Float32Array.of(0, 1)], [Float32Array.of(0, 1)], { limit: 1 });
    expect(search).toThrow(expect.objectContaining({ code: 'INVALID_VECTOR' }));
  });

  it.each([
    ['DIMENSION_MISMATCH', [1, 2, 3], { limit: 1 }],
    ['ZERO_VECTOR', [0, 0], { limit: 1 }],
    ['INVALID_VECTOR', [NaN, 1], { limit: 1 }],
    ['BAD_USER_INPUT', [1, 1], { limit: -1 }],
    ['BAD_USER_INPUT', [1, 1], { limit: 1.5 }],
    ['BAD_USER_INPUT', [1, 1], { limit: 1, minCosine: NaN }],
  ])('is refused as %s for %j with %j', (code, query, options) => {
    const rows = [Float32Array.of(1, 0)];
    const search = () => find(indexOf(rows, 2), rows, [Float32Array.from(query)], options);
    expect(search).toThrow(expect.objectContaining({ code }));
  });
});

describe('an index', () => {
  const refused = (code: string) => expect.objectContaining({ code });

  it('takes all vectors or none, and keeps a row whose new vector is refused', () => {
    for (const open of [openScanKernel, plainScanKernel]) {
      const rows = [Float32Array.of(1, 2), Float32Array.of(3, 1)];
      const index = indexOf(rows, 2, open());
      expect(() => index.append(Float32Array.of(1, 1, 0, 0))).toThrow(refused('ZERO_VECTOR'));
      expect(() => index.append(Float32Array.of(1, 1, 1, NaN))).toThrow(refused('INVALID_VECTOR'));
      expect(() => index.append(Float32Array.of(1, 1, -Infinity, 1))).toThrow(refused('INVALID_VECTOR'));
      expect(() => index.append(Float32Array.of(1, 1, 1))).toThrow(refused('DIMENSION_MISMATCH'));
      expect(() => index.set(0, Float32Array.of(0, 0))).toThrow(refused('ZERO_VECTOR'));
      expect(() => index.set(0, Float32Array.of(1))).toThrow(refused('DIMENSION_MISMATCH'));
      expect(() => index.set(2, Float32Array.of(1, 1))).toThrow(refused('BAD_USER_INPUT'));
      expect(index.length).toBe(2);
      expectExact(index, rows, [Float32Array.of(1, 1)], { limit: 5 });
    }
  });

  it('says its memory before it takes it', () => {
    for (const [rows, dimensions] of [
      [0, 5],
      [1000, 1],
      [5000, 8192],
      [70_000, 33],
    ]) {
      // prettier-ignore
      expect(new VectorIndex(dimensions, { rows }).bytes).toBe(indexBytes(rows, dimensions));
    }
    expect(indexBytes(1_000_000, 512)).toBeLessThan(0.53e9);
  });

  it('ends below 4 GiB, with the number of rows that it holds', () => {
    const most = maxIndexRows(512);
    expect(most).toBeGreaterThan(8_000_000);
    expect(indexBytes(most, 512)).toBeLessThan(2 ** 32);
    expect(() => new VectorIndex(512, { rows: most + 1 })).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT', message: expect.stringContaining(String(most)) }),
    );
  });

  it.each([0, 1.5, -1, 8193, NaN])('is refused for %d dimensions', (dimensions) => {
    expect(() => new VectorIndex(dimensions)).toThrow(refused('BAD_USER_INPUT'));
  });

  it('is exact at the most dimensions', () => {
    const next = structureless(8192, 3);
    const rows = Array.from({ length: 40 }, next);
    // The largest sums that codes can have: all components of one size.
    rows.push(new Float32Array(8192).fill(1), new Float32Array(8192).fill(-1));
    for (const open of [openScanKernel, plainScanKernel]) {
      expectExact(indexOf(rows, 8192, open()), rows, [next(), rows[40], rows[41]], { limit: 42 });
    }
  });
});

describe('packed rows', () => {
  it.each(KERNELS)('of %s are given to another index, which answers as the first one', (_, open) => {
    const dimensions = 40;
    const vectors = Array.from({ length: 300 }, structureless(dimensions, 1));
    const index = indexOf(vectors, dimensions, open());
    const copy = new VectorIndex(dimensions, { kernel: open() });
    for (const [first, count] of [[0, 100], [100, 200]] as const) {
      const rows = index.packed(first, count).slice();
      expect(rows.length).toBe(count * index.packedBytes);
      expect(copy.appendPacked(count, index.mean, (packed) => { packed.set(rows); })).toBe(first);
    }
    expect(copy.packed(0, 300)).toEqual(index.packed(0, 300));
    const search = (which: VectorIndex) =>
      atOnce(searchRows(which, [vectors[7]], (row) => vectors[row], { limit: 5 }));
    expect(search(copy)).toEqual(search(index));
    copy.append(vectors[3]);
    expect(copy.length).toBe(301);
  }); // prettier-ignore

  it('are refused with another mean, leave nothing where they cannot be had, and are those that were given', () => {
    const index = indexOf(Array.from({ length: 200 }, structureless(32, 2)), 32);
    const other = index.mean.map((value) => value + 1);
    expect(() => index.appendPacked(1, other, () => undefined)).toThrow(/another mean/);
    const failing = (): void => {
      throw new Error('torn');
    };
    expect(() => index.appendPacked(5, index.mean, failing)).toThrow('torn');
    expect([index.length, index.rows.size]).toEqual([200, 200]);
    expect(() => index.packed(199, 2)).toThrow(/one of 200 rows/);
  });
});
