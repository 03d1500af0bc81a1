import { ClipgraphError } from '../errors/index.js';
import type { Embedding } from './embedding.js';
import { rank } from './similarity.js';

/** A label and how well it fits. */
export interface Classification {
  /** The label's place in the request. */
  readonly index: number;
  readonly label: string;
  /** The template with the label in it: what was compared. */
  readonly prompt: string;
  readonly cosine: number;
  /** Softmax of `logitScale · cosine` over the labels, where the model states a logit scale. */
  readonly probability: number | undefined;
}

/** The prompt of OpenAI's CLIP for pictures. */
export const DEFAULT_TEMPLATE = 'This is a photo of {}.';

/**
 * Each label put into the template at `{}`.
 *
 * @throws BAD_USER_INPUT for a template without `{}`
 */
export function promptsFor(labels: readonly string[], template: string): string[] {
  if (!template.includes('{}')) {
    throw new ClipgraphError('BAD_USER_INPUT', 'The template holds no {} for the label to go to.');
  }
  return labels.map((label) => template.replaceAll('{}', () => label));
}

/**
 * Zero-shot classification, best first; ties keep the order of the labels.
 *
 * @param prompts the embeddings of the labels' prompts
 * @throws ZERO_VECTOR, DIMENSION_MISMATCH, MODEL_MISMATCH
 */
export function classify(
  content: Embedding,
  labels: readonly string[],
  prompts: readonly Embedding[],
): Classification[] {
  return rank(content, prompts).map(({ index, cosine, probability, embedding }) => ({
    index,
    label: labels[index],
    prompt: embedding.text ?? '',
    cosine,
    probability,
  }));
}
