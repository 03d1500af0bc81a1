import { setImmediate as nextTurn } from 'node:timers/promises';
import { cosinesWith, softmax } from '../core/similarity/index.js';
import type { Embedding } from './embedding.js';
import { checkSameSpace } from './space.js';

/** Every row against every column. */
export interface SimilarityMatrix {
  /** `[rows][columns]`, in [-1, 1]. */
  readonly cosine: readonly Float64Array[];
  readonly rows: readonly Embedding[];
  readonly columns: readonly Embedding[];
}

/** Milliseconds of arithmetic after which the event loop gets a turn. */
const LONGEST_TURN_MS = 5;

/**
 * The cosines of every row with every column, in float64.
 *
 * @throws ZERO_VECTOR, DIMENSION_MISMATCH, MODEL_MISMATCH
 */
export async function similarityMatrix(
  rows: readonly Embedding[],
  columns: readonly Embedding[],
): Promise<SimilarityMatrix> {
  checkSameSpace([...rows, ...columns]);
  const cosinesOf = cosinesWith(columns.map(({ vector }) => vector));
  const cosine: Float64Array[] = [];
  let from = performance.now();
  for (const { vector } of rows) {
    cosine.push(cosinesOf(vector));
    if (performance.now() - from < LONGEST_TURN_MS) continue;
    await nextTurn();
    from = performance.now();
  }
  return { cosine, rows, columns };
}

/** Softmax of each row's logits over the columns; undefined where the model states no logit scale. */
export function probabilitiesOf({ cosine, rows }: SimilarityMatrix): number[][] | undefined {
  const scale = rows.at(0)?.model.manifest.logitScale;
  if (rows.length > 0 && scale === undefined) return undefined;
  return cosine.map((row) => softmax(row.map((value) => value * (scale ?? 1))));
}
