import type { Checkpoint } from '../checkpoint.js';

const INSIDE = /^(embeddings|encoder|final_layer_norm|pre_layrnorm|pre_layernorm|post_layernorm)\./;

/** A single tower, saved without the model around it, under the names that it has inside of one; undefined for any other. */
export function fromBareTower(checkpoint: Checkpoint): Checkpoint | undefined {
  const bare = (
    [
      ['embeddings.token_embedding.weight', 'text_model.'],
      ['embeddings.patch_embedding.weight', 'vision_model.'],
    ] as const
  ).find(([name]) => checkpoint.has(name));
  if (bare === undefined) return undefined;
  return new Map(
    [...checkpoint].map(([name, tensor]) => [INSIDE.test(name) ? bare[1] + name : name, tensor]),
  );
}
