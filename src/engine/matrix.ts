import { cosineMatrixInSteps } from '../core/similarity/index.js';
import { inSlices } from '../isolation/turns.js';
import type { Embedding } from './embedding.js';
import { probabilitiesFor } from './scoring.js';
import { checkSameSpace } from './space.js';

/** Every row against every column. */
export interface SimilarityMatrix {
  /** `[rows][columns]`, in [-1, 1]. */
  readonly cosine: readonly Float64Array[];
  readonly rows: readonly Embedding[];
  readonly columns: readonly Embedding[];
}

/**
 * The cosines of every row with every column, as `cosineMatrix` has them.
 *
 * @throws ZERO_VECTOR, DIMENSION_MISMATCH, MODEL_MISMATCH
 */
export async function similarityMatrix(
  rows: readonly Embedding[],
  columns: readonly Embedding[],
): Promise<SimilarityMatrix> {
  checkSameSpace([...rows, ...columns]);
  const vectorsOf = (embeddings: readonly Embedding[]): Float32Array[] =>
    embeddings.map(({ vector }) => vector);
  const cosine = await inSlices(cosineMatrixInSteps(vectorsOf(rows), vectorsOf(columns)));
  return { cosine, rows, columns };
}

/** Of each row's logits by the model's scoring: a softmax over the columns, or each one's sigmoid; undefined where the model states no logit scale. */
export function probabilitiesOf({ cosine, rows }: SimilarityMatrix): number[][] | undefined {
  const manifest = rows.at(0)?.model.manifest;
  if (manifest === undefined) return [];
  if (manifest.logitScale === undefined) return undefined;
  return cosine.map((row) => probabilitiesFor(row, manifest) ?? []);
}
