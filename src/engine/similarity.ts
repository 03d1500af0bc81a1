import { angle, certainty, clipScore, cosine, distance, rankingOf } from '../core/similarity/index.js';
import type { ScoreRange } from '../models/index.js';
import type { Embedding } from './embedding.js';
import { logitOf, probabilitiesFor, probabilityOf } from './scoring.js';
import { checkSameSpace } from './space.js';

/** Two embeddings compared. */
export interface Similarity {
  readonly cosine: number;
  /** Degrees, in [0, 180]. */
  readonly angle: number;
  /** `1 - cosine`. */
  readonly distance: number;
  /** `(1 + cosine) / 2`. */
  readonly certainty: number;
  /** Only of a text and an image. */
  readonly clipScore: number | undefined;
  /** `logitScale · cosine + logitBias`, where the model states a scale. */
  readonly logit: number | undefined;
  /** Sigmoid of the logit, of models that are scored by one: in [0, 1], each pair by itself. */
  readonly probability: number | undefined;
  /** What the cosine means for this model, in a sentence, where the model states its ranges. */
  readonly interpretation: string | undefined;
  readonly a: Embedding;
  readonly b: Embedding;
}

const KINDS = { textText: 'two texts', imageText: 'a picture and a text', imageImage: 'two pictures' };

/** What kinds of content are compared; undefined where one of them is neither a text nor a picture. */
function kindsOf(a: Embedding, b: Embedding): keyof typeof KINDS | undefined {
  const modalities = [a.modality, b.modality];
  if (!modalities.every((modality) => modality === 'TEXT' || modality === 'IMAGE')) return undefined;
  if (a.modality !== b.modality) return 'imageText';
  return a.modality === 'TEXT' ? 'textText' : 'imageImage';
}

/** Where a cosine lies between the typical unrelated (0) and related (1) one, in words. */
function wordsFor(value: number, { unrelated, related }: ScoreRange): string {
  const place = (value - unrelated) / (related - unrelated);
  if (place < 0.25) return 'Hardly alike';
  if (place < 0.6) return 'Somewhat alike';
  return place < 1.2 ? 'Alike' : 'Very much alike';
}

function interpret(value: number, a: Embedding, b: Embedding): string | undefined {
  const kinds = kindsOf(a, b);
  const { id, scoreRanges } = a.model.manifest;
  const range = kinds && scoreRanges[kinds];
  if (kinds === undefined || range === undefined) return undefined;
  return (
    `${wordsFor(value, range)}: for ${KINDS[kinds]}, ${id} typically gives ${range.related.toFixed(2)} ` +
    `where they mean the same and ${range.unrelated.toFixed(2)} where they have nothing in common.`
  );
}

/**
 * Compares two embeddings of one space.
 *
 * @throws ZERO_VECTOR, DIMENSION_MISMATCH, MODEL_MISMATCH
 */
export function compare(a: Embedding, b: Embedding): Similarity {
  checkSameSpace([a, b]);
  const value = cosine(a.vector, b.vector);
  const { manifest } = a.model;
  return {
    cosine: value,
    angle: angle(value),
    distance: distance(value),
    certainty: certainty(value),
    clipScore: kindsOf(a, b) === 'imageText' ? clipScore(value) : undefined,
    logit: logitOf(value, manifest),
    probability: probabilityOf(value, manifest),
    interpretation: interpret(value, a, b),
    a,
    b,
  };
}

/** A candidate's place in a ranking. */
export interface Match {
  /** The candidate's place in the request. */
  readonly index: number;
  readonly cosine: number;
  /** Of the logit by the model's scoring: a softmax over all candidates, or the sigmoid of each; where the model states a logit scale. */
  readonly probability: number | undefined;
  readonly embedding: Embedding;
  readonly similarity: Similarity;
}

/**
 * Candidates from the most to the least similar; ties keep the candidates' order.
 *
 * @throws ZERO_VECTOR, DIMENSION_MISMATCH, MODEL_MISMATCH
 */
export function rank(query: Embedding, candidates: readonly Embedding[]): Match[] {
  const similarities = candidates.map((candidate) => compare(query, candidate));
  const cosines = similarities.map(({ cosine: score }) => score);
  const probabilities = probabilitiesFor(cosines, query.model.manifest);
  return rankingOf(cosines).map((index) => ({
    index,
    cosine: similarities[index].cosine,
    probability: probabilities?.[index],
    embedding: candidates[index],
    similarity: similarities[index],
  }));
}
