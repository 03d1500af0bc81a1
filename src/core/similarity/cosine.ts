import { ClipgraphError } from '../../errors/index.js';

export type Numbers = ArrayLike<number> & Iterable<number>;

/**
 * The L2 norm, accumulated in float64.
 *
 * @param vector `[dimensions]`
 * @throws INVALID_VECTOR when it is empty or a component is not finite
 */
export function norm(vector: Numbers): number {
  if (vector.length === 0) throw new ClipgraphError('INVALID_VECTOR', 'The vector is empty.');
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (!Number.isFinite(squares)) {
    throw new ClipgraphError('INVALID_VECTOR', 'The vector holds a value that is not a finite number.');
  }
  return Math.sqrt(squares);
}

/**
 * The vector scaled to unit length.
 *
 * @returns float32 `[dimensions]`
 * @throws ZERO_VECTOR, INVALID_VECTOR
 */
export function unit(vector: Numbers): Float32Array {
  const length = norm(vector);
  if (length === 0) throw zeroVector();
  return Float32Array.from(vector, (value) => value / length);
}

/**
 * The cosine of the angle between two vectors, accumulated in float64 and clamped to [-1, 1].
 *
 * @throws DIMENSION_MISMATCH, ZERO_VECTOR, INVALID_VECTOR
 */
export function cosine(a: Numbers, b: Numbers): number {
  checkLengths(a, b);
  return cosineByNorms(a, b, norm(a) * norm(b));
}

/**
 * @throws DIMENSION_MISMATCH
 */
export function checkLengths(a: Numbers, b: Numbers): void {
  if (a.length === b.length) return;
  throw new ClipgraphError(
    'DIMENSION_MISMATCH',
    `A vector of ${a.length} numbers cannot be compared with one of ${b.length}.`,
  );
}

/**
 * The same, of vectors of one length whose norms are known.
 *
 * @param norms the product of the two
 * @throws ZERO_VECTOR
 */
export function cosineByNorms(a: Numbers, b: Numbers, norms: number): number {
  if (norms === 0) throw zeroVector();
  let dot = 0;
  for (let i = 0; i < a.length; i++) dot += a[i] * b[i];
  return Math.min(1, Math.max(-1, dot / norms));
}

export function zeroVector(): ClipgraphError {
  return new ClipgraphError(
    'ZERO_VECTOR',
    'The vector has length zero: it points nowhere and has no cosine.',
  );
}
