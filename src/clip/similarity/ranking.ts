/**
 * Softmax, stable for any finite input: the largest logit is subtracted first.
 *
 * @returns as many probabilities, in [0, 1], that sum to 1
 */
export function softmax(logits: readonly number[]): number[] {
  const largest = Math.max(...logits);
  const exponentials = logits.map((logit) => Math.exp(logit - largest));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}

/** The places of the scores from the highest to the lowest; equal ones keep their order. */
export function rankingOf(scores: readonly number[]): number[] {
  return scores.map((_, index) => index).sort((a, b) => scores[b] - scores[a] || a - b);
}
