import { ClipgraphError } from '../../errors/index.js';
import { checkLengths, norm, type Numbers } from './cosine.js';

/** Below this share of the weights' sum, what float32 rounding leaves of parts that cancel has no direction to speak of. */
const CANCELLED = 1e-6;

/**
 * The weighted sum of vectors of unit length.
 *
 * @param parts `[n][dimensions]`, each of unit length
 * @param weights `[n]`, finite; negative ones turn a part around
 * @returns the sum, float64 `[dimensions]`, and its L2 norm
 * @throws ZERO_VECTOR when there is no part or the parts cancel each other; DIMENSION_MISMATCH; BAD_USER_INPUT for a
 *   weight that is not finite
 */
export function blend(
  parts: readonly Numbers[],
  weights: readonly number[],
): { readonly sum: Float64Array; readonly norm: number } {
  const wrong = weights.find((weight) => !Number.isFinite(weight));
  if (wrong !== undefined || weights.length !== parts.length) {
    const message = `Expected one finite weight for each of ${parts.length} parts but received ${wrong ?? weights.length}.`;
    throw new ClipgraphError('BAD_USER_INPUT', message);
  }
  // Weights relative to the largest: neither 1e300 nor 1e-300 leaves the range of a float64 then.
  const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  const sum = new Float64Array(parts.at(0)?.length ?? 0);
  let total = 0;
  for (const [i, part] of parts.entries()) {
    checkLengths(parts[0], part);
    const share = largest === 0 ? 0 : weights[i] / largest;
    total += Math.abs(share);
    for (let j = 0; j < sum.length; j++) sum[j] += share * part[j];
  }
  const length = sum.length === 0 ? 0 : norm(sum);
  if (length <= CANCELLED * total) {
    throw new ClipgraphError(
      'ZERO_VECTOR',
      'The parts of the blend cancel each other, or have no weight: the sum has no direction.',
    );
  }
  return { sum: sum.map((value) => value * largest), norm: length * largest };
}
