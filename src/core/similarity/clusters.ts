import { ClipgraphError } from '../../errors/index.js';
import type { Steps } from '../steps.js';
import { checkLengths, cosine, norm, zeroVector } from './cosine.js';

export interface ClusterOptions {
  /** How many clusters; fewer come out where there are fewer different directions. */
  readonly count: number;
  /** The same seed gives the same clusters. */
  readonly seed?: number;
  readonly maxIterations?: number;
  /** The centres are found on as many vectors at most, spread evenly over all. */
  readonly maxSample?: number;
}

export interface Clusters {
  /** float32 `[clusters][dimensions]`, of unit length; none is without a vector. */
  readonly centres: readonly Float32Array[];
  /** `[n]`: the cluster of each vector, that of the highest cosine. */
  readonly assignments: Uint32Array;
  /** `[n]`: the cosine of each vector to its centre. */
  readonly cosines: Float64Array;
}

/** Vectors that the centres are found on take this much memory at most. */
const MAX_SAMPLE_BYTES = 64 * 2 ** 20;
/** Multiplications in a step. */
const PRODUCTS_A_STEP = 2 ** 20;
/** Below this, `1 - cosine` of two float32 vectors of unit length is but rounding. */
const SAME = 1e-6;

/** Numbers in [0, 1), the same for a seed. Source: Steele et al. 2014, SplitMix, in 32 bits. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let value = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
    return ((value ^ (value >>> 16)) >>> 0) / 2 ** 32;
  };
}

function dot(a: Float32Array, b: Float32Array): number {
  let [even, odd] = [0, 0];
  const pairs = a.length & ~1;
  for (let i = 0; i < pairs; i += 2) {
    even += a[i] * b[i];
    odd += a[i + 1] * b[i + 1];
  }
  return even + odd + (pairs < a.length ? a[pairs] * b[pairs] : 0);
}

/** At unit length in float32. */
function scaled(vector: ArrayLike<number> & Iterable<number>): Float32Array {
  const length = norm(vector);
  if (length === 0) throw zeroVector();
  return Float32Array.from(vector, (value) => value / length);
}

/** The nearest of the centres, the first of several; its cosine, nearly. */
function nearest(vector: Float32Array, centres: readonly Float32Array[]): { at: number; similarity: number } {
  let [at, similarity] = [0, -Infinity];
  for (const [i, centre] of centres.entries()) {
    const other = dot(vector, centre);
    if (other > similarity) [at, similarity] = [i, other];
  }
  return { at, similarity };
}

/**
 * First centres: each a vector, drawn with a chance proportional to its squared distance to the nearest before it, which
 * on the sphere is `2 - 2 · cosine`. Source: Arthur and Vassilvitskii 2007, k-means++.
 */
function* seedCentres(
  vectors: readonly Float32Array[],
  count: number,
  random: () => number,
): Steps<Float32Array[]> {
  const distances = new Float64Array(vectors.length).fill(2);
  const rowsAStep = Math.ceil(PRODUCTS_A_STEP / vectors[0].length);
  const centres: Float32Array[] = [];
  while (centres.length < count) {
    const total = distances.reduce((sum, value) => sum + value, 0);
    if (total === 0) break;
    let left = random() * total;
    let chosen = distances.findLastIndex((value) => value > 0);
    for (let i = 0; i < chosen; i++) {
      left -= distances[i];
      if (left < 0) chosen = i;
    }
    const centre = vectors[chosen];
    centres.push(centre);
    for (const [i, vector] of vectors.entries()) {
      const distance = 1 - dot(vector, centre);
      distances[i] = Math.min(distances[i], distance < SAME ? 0 : distance);
      if (i % rowsAStep === 0) yield;
    }
  }
  return centres;
}

/**
 * Turns the centres to the middles of their vectors until none changes. Source: Dhillon and Modha 2001, Concept
 * decompositions for large sparse text data using clustering (spherical k-means).
 */
function* refine(
  vectors: readonly Float32Array[],
  first: readonly Float32Array[],
  iterations: number,
): Steps<Float32Array[]> {
  const [{ length: dimensions }] = vectors;
  const rowsAStep = Math.ceil(PRODUCTS_A_STEP / dimensions / first.length);
  const assignments = new Int32Array(vectors.length).fill(-1);
  const similarities = new Float64Array(vectors.length);
  let centres = [...first];
  for (let iteration = 0; iteration < iterations; iteration++) {
    let changed = 0;
    const sums = centres.map(() => new Float64Array(dimensions));
    const sizes = new Uint32Array(centres.length);
    for (const [i, vector] of vectors.entries()) {
      const { at, similarity } = nearest(vector, centres);
      if (assignments[i] !== at) changed++;
      assignments[i] = at;
      similarities[i] = similarity;
      sizes[at]++;
      const sum = sums[at];
      for (let j = 0; j < dimensions; j++) sum[j] += vector[j];
      if (i % rowsAStep === 0) yield;
    }
    if (changed === 0) break;
    centres = centres.map((centre, at) => {
      if (sizes[at] > 0) return norm(sums[at]) > SAME ? scaled(sums[at]) : centre;
      // A centre that has lost its vectors goes to the one that is farthest from its own.
      const farthest = similarities.reduce((least, value, i) => (value < similarities[least] ? i : least), 0);
      similarities[farthest] = 1;
      return vectors[farthest];
    });
  }
  return centres;
}

function check({ count, maxSample = 1, maxIterations = 1 }: ClusterOptions): void {
  for (const [name, value] of Object.entries({ count, maxSample, maxIterations })) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new ClipgraphError(
      'BAD_USER_INPUT',
      `Expected an integer of at least 1 for ${name} but received ${value}.`,
    );
  }
}

/**
 * k-means on the sphere: as many groups of vectors, each around a centre, so that the cosines to the centres are high. The
 * same for the same vectors, order and seed, on every machine.
 *
 * @param length how many vectors there are
 * @param read the float32 vector of a place in `0 … length - 1`, of any length but zero
 * @throws ZERO_VECTOR, INVALID_VECTOR; DIMENSION_MISMATCH; BAD_USER_INPUT for an option that is no integer of at least 1
 */
export function* clusterVectors(
  length: number,
  read: (place: number) => Float32Array,
  options: ClusterOptions,
): Steps<Clusters> {
  check(options);
  const { count, seed = 1, maxIterations = 50, maxSample = 2 ** 14 } = options;
  const assignments = new Uint32Array(length);
  const cosines = new Float64Array(length);
  if (length === 0) return { centres: [], assignments, cosines };
  const random = randomOf(seed);
  const dimensions = read(0).length;
  const sampled = Math.min(length, maxSample, Math.ceil(MAX_SAMPLE_BYTES / 4 / dimensions));
  const sample: Float32Array[] = [];
  for (let i = 0; i < sampled; i++) {
    const within = sampled === length ? 0 : random();
    sample.push(scaled(read(Math.floor(((i + within) * length) / sampled))));
    checkLengths(sample[0], sample[i]);
    if (i % 256 === 0) yield;
  }
  const seeds = yield* seedCentres(sample, count, random);
  const centres = yield* refine(sample, seeds, maxIterations);

  const rowsAStep = Math.ceil(PRODUCTS_A_STEP / dimensions / centres.length);
  const sizes = new Uint32Array(centres.length);
  for (let place = 0; place < length; place++) {
    const vector = read(place);
    checkLengths(sample[0], vector);
    const { at } = nearest(vector, centres);
    assignments[place] = at;
    cosines[place] = cosine(vector, centres[at]);
    sizes[at]++;
    if (place % rowsAStep === 0) yield;
  }
  // Numbers without gaps: a centre may have lost all its vectors at the end.
  const kept = Array.from(centres.keys()).filter((at) => sizes[at] > 0);
  const numbers = new Uint32Array(centres.length);
  for (const [number, at] of kept.entries()) numbers[at] = number;
  return {
    centres: kept.map((at) => centres[at]),
    assignments: assignments.map((at) => numbers[at]),
    cosines,
  };
}
