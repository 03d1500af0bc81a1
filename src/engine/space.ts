import { ClipgraphError } from '../errors/index.js';
import { differencesOf, spaceOf, type Model, type VectorSpace } from '../models/index.js';
import type { GivenVector } from './content.js';
import type { Embedding, EmbeddingSpace } from './embedding.js';

/** A dtype without the precision of a runtime: it is the model's. */
const baseOf = (dtype: string): string => dtype.split('+')[0];

function differencesBetween(a: EmbeddingSpace, b: EmbeddingSpace): string[] {
  const isAssumed = a.isAssumed === true || b.isAssumed === true;
  const bare = (space: EmbeddingSpace): VectorSpace => ({ ...space, dtype: baseOf(space.dtype) });
  return isAssumed ? differencesOf(bare(a), bare(b)) : differencesOf(a, b);
}

/**
 * Refuses to compare what lies in different spaces: their axes have nothing to do with each other. Models of other names may
 * share a space.
 *
 * @throws MODEL_MISMATCH that says what differs
 */
export function checkSameSpace(embeddings: readonly Pick<Embedding, 'model' | 'space'>[]): void {
  const first = embeddings.find(({ space }) => space.isAssumed !== true) ?? embeddings.at(0);
  if (first === undefined) return;
  for (const { model, space } of embeddings) {
    const differences = differencesBetween(first.space, space);
    if (differences.length === 0) continue;
    const message = `Embeddings of different spaces cannot be compared, here ${first.model.id}'s and ${model.id}'s: ${differences.join('; ')}.`;
    throw new ClipgraphError('MODEL_MISMATCH', message);
  }
}

/**
 * The space of a vector that was made earlier, as it says itself.
 *
 * @throws MODEL_MISMATCH when it says that something else than this model made it
 */
export async function spaceOfGiven({ checksum, dtype }: GivenVector, model: Model): Promise<EmbeddingSpace> {
  const space = await spaceOf(model);
  const differences: string[] = [];
  if (checksum !== undefined && checksum !== space.checksum) {
    differences.push(
      `its checksum is not that of ${model.id}, ${space.checksum} (version 0.1 stated other checksums for the same models)`,
    );
  }
  if (dtype !== undefined && baseOf(dtype) !== space.dtype) {
    differences.push(`its dtype is not that of ${model.id}, ${space.dtype}`);
  }
  if (differences.length > 0) {
    const message = `Another model made the vector: ${differences.join('; ')}. Make it again, or name the model that made it.`;
    throw new ClipgraphError('MODEL_MISMATCH', message);
  }
  return dtype === undefined ? { ...space, isAssumed: true } : { ...space, dtype };
}
