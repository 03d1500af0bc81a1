import { sigmoid, softmax } from '../core/similarity/index.js';
import type { Manifest } from '../models/index.js';

type Scoring = Pick<Manifest, 'logitScale' | 'logitBias' | 'scoring'>;

/** `logitScale · cosine + logitBias`; undefined where the model states no scale. */
export function logitOf(cosine: number, { logitScale, logitBias = 0 }: Scoring): number | undefined {
  return logitScale === undefined ? undefined : logitScale * cosine + logitBias;
}

/**
 * What the model makes of the cosines of one content with others: with `sigmoid` each by itself, with `softmax` all
 * together, so that they sum to 1.
 *
 * @returns as many probabilities, in [0, 1]; undefined where the model states no scale
 */
export function probabilitiesFor(cosines: ArrayLike<number>, scoring: Scoring): number[] | undefined {
  const logits = Array.from(cosines, (cosine) => logitOf(cosine, scoring)).filter(
    (logit) => logit !== undefined,
  );
  if (logits.length !== cosines.length) return undefined;
  return scoring.scoring === 'sigmoid' ? logits.map(sigmoid) : softmax(logits);
}

/** What a model makes of one cosine by itself: a sigmoid's probability; undefined for a softmax, which needs others beside it. */
export function probabilityOf(cosine: number, scoring: Scoring): number | undefined {
  const logit = logitOf(cosine, scoring);
  return logit === undefined || scoring.scoring !== 'sigmoid' ? undefined : sigmoid(logit);
}
