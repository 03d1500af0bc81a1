import { ClipgraphError } from '../../errors/index.js';

/** A NaN would make a softmax NaN throughout and a ranking arbitrary. */
function checkFinite(values: ArrayLike<number>, name: string): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    const message = `Expected finite numbers for ${name} but received ${values[i]} at place ${i}.`;
    throw new ClipgraphError('INVALID_VECTOR', message);
  }
}

/**
 * `exp(logits) / Σ exp(logits)`, stable for any finite input: the largest logit is subtracted first, as SciPy's
 * `scipy.special.softmax` does.
 *
 * @returns as many probabilities, in [0, 1], that sum to 1
 * @throws INVALID_VECTOR for a logit that is not finite
 */
export function softmax(logits: ArrayLike<number>): number[] {
  checkFinite(logits, 'logits');
  let largest = -Infinity;
  // eslint-disable-next-line @typescript-eslint/prefer-for-of -- array-likes need not be iterable
  for (let i = 0; i < logits.length; i++) largest = Math.max(largest, logits[i]);
  const values = new Array<number>(logits.length);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] = Math.exp(logits[i] - largest);
  for (let i = 0; i < values.length; i++) values[i] /= sum;
  return values;
}

/**
 * The places of the scores from the highest to the lowest; equal ones keep their order.
 *
 * @throws INVALID_VECTOR for a score that is not finite
 */
export function rankingOf(scores: readonly number[]): number[] {
  checkFinite(scores, 'scores');
  return scores.map((_, index) => index).sort((a, b) => scores[b] - scores[a] || a - b);
}
