import { ClipgraphError } from '../../errors/index.js';

export type Numbers = ArrayLike<number> & Iterable<number>;

/** Squares between these can be summed, multiplied and divided without leaving the range of a float64. */
const SMALLEST_SQUARES = 1e-140;
const LARGEST_SQUARES = 1e140;

function sumOfSquares(vector: Numbers): number {
  let squares = 0;
  // By index: iterating over a typed array takes ten times as long.
  // eslint-disable-next-line @typescript-eslint/prefer-for-of
  for (let i = 0; i < vector.length; i++) squares += vector[i] * vector[i];
  return squares;
}

/** The largest of the absolute values. */
function largestOf(vector: Numbers): number {
  if (vector.length === 0) throw new ClipgraphError('INVALID_VECTOR', 'The vector is empty.');
  let largest = 0;
  for (const value of vector) {
    if (!Number.isFinite(value)) {
      throw new ClipgraphError('INVALID_VECTOR', 'The vector holds a value that is not a finite number.');
    }
    largest = Math.max(largest, Math.abs(value));
  }
  return largest;
}

/**
 * A vector of the same direction whose squares stay within the range of a float64: the vector itself, unless it is very
 * long or very short; then it is divided by its largest component.
 *
 * @throws INVALID_VECTOR
 */
export function withinRange(vector: Numbers): Numbers {
  const squares = sumOfSquares(vector);
  if (squares > SMALLEST_SQUARES && squares < LARGEST_SQUARES) return vector;
  const largest = largestOf(vector);
  return largest === 0 ? vector : Float64Array.from(vector, (value) => value / largest);
}

/**
 * The L2 norm, accumulated in float64.
 *
 * @param vector `[dimensions]`
 * @throws INVALID_VECTOR when it is empty, a component is not finite, or the norm is beyond the range of a float64
 */
export function norm(vector: Numbers): number {
  const scaled = withinRange(vector);
  const length = Math.sqrt(sumOfSquares(scaled));
  const result = scaled === vector ? length : length * largestOf(vector);
  if (Number.isFinite(result)) return result;
  throw new ClipgraphError('INVALID_VECTOR', 'The vector is longer than a float64 can say.');
}

/**
 * The vector scaled to unit length.
 *
 * @returns float32 `[dimensions]`
 * @throws ZERO_VECTOR, INVALID_VECTOR
 */
export function unit(vector: Numbers): Float32Array {
  const scaled = withinRange(vector);
  const length = norm(scaled);
  if (length === 0) throw zeroVector();
  const result = new Float32Array(scaled.length);
  for (let i = 0; i < result.length; i++) result[i] = scaled[i] / length;
  return result;
}

/**
 * The cosine of the angle between two vectors, accumulated in float64 and clamped to [-1, 1].
 *
 * @throws DIMENSION_MISMATCH, ZERO_VECTOR, INVALID_VECTOR
 */
export function cosine(a: Numbers, b: Numbers): number {
  checkLengths(a, b);
  const [left, right] = [withinRange(a), withinRange(b)];
  return cosineByNorms(left, right, norm(left) * norm(right));
}

/**
 * @throws DIMENSION_MISMATCH
 */
export function checkLengths(a: { readonly length: number }, b: { readonly length: number }): void {
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
