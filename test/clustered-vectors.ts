import { randomOf } from './fuzz/random.js';

/** Independent numbers from the standard normal distribution, the same for a seed. Source: Marsaglia's polar method. */
export function normalOf(seed: number): () => number {
  const random = randomOf(seed);
  const uniform = () => random.below(2 ** 31) / 2 ** 30 - 1;
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    for (;;) {
      const [u, v] = [uniform(), uniform()];
      const squares = u * u + v * v;
      if (squares === 0 || squares >= 1) continue;
      const factor = Math.sqrt((-2 * Math.log(squares)) / squares);
      spare = u * factor;
      return v * factor;
    }
  };
}

interface Mixture {
  readonly dimensions: number;
  readonly seed?: number;
  /** How far an item lies from the middle of its group, relative to the distance of the groups: 1, or 2.6 for hard ones. */
  readonly noise?: number;
  readonly topics?: number;
  /** Groups in each topic. */
  readonly groups?: number;
}

/** Directions in which items of one group differ most: as in embeddings, far fewer than the dimensions. */
const INTRINSIC = 16;

/**
 * Vectors as a model's are: around a common mean, in topics, in groups of different sizes, each spread along a few directions.
 *
 * @returns a function that makes the next vector, float32 of unit length
 */
export function clustered({
  dimensions,
  seed = 1,
  noise = 1,
  topics = 200,
  groups = 20,
}: Mixture): () => Float32Array {
  const normal = normalOf(seed);
  const random = randomOf(seed, 1);
  const direction = (length: number) =>
    Float64Array.from({ length: dimensions }, () => (normal() * length) / Math.sqrt(dimensions));
  const unit = (vector: Float64Array) => {
    let squares = 0;
    for (const value of vector) squares += value * value;
    const length = Math.sqrt(squares);
    for (let i = 0; i < dimensions; i++) vector[i] /= length;
    return vector;
  };
  const near = (vector: Float64Array, length: number) => {
    const other = direction(length);
    return unit(vector.map((value, i) => value + other[i]));
  };
  const mean = direction(0.7);
  const middles = Array.from({ length: topics }, () => near(mean, 1)).flatMap((topic) =>
    Array.from({ length: groups }, () => near(topic, 0.6)),
  );
  const spread = Array.from({ length: INTRINSIC }, () => direction(1));
  return () => {
    // The first groups are the largest.
    const middle = middles[Math.floor((random.below(2 ** 30) / 2 ** 30) ** 2.5 * middles.length)];
    const vector = middle.slice();
    for (let i = 0; i < dimensions; i++) vector[i] += (noise * 0.35 * normal()) / Math.sqrt(dimensions);
    for (const axis of spread) {
      const share = (noise * 0.5 * normal()) / Math.sqrt(INTRINSIC);
      for (let i = 0; i < dimensions; i++) vector[i] += share * axis[i];
    }
    return Float32Array.from(unit(vector));
  };
}
