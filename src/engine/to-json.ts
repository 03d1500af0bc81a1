import type { Embedding, TokenEmbeddings } from './embedding.js';
import { pack } from './given-vector.js';

/** What JSON holds of an embedding: its numbers in base64, and of what made it the names alone. */
function embeddingToJson(this: Embedding): object {
  const { id, modality, model, space, runtime, text, vector, norm, isNormalized } = this;
  const { tokens, image, isCached, timing } = this;
  const { checksum, dtype, dimensions } = space;
  return {
    ...{ id, modality, text, image },
    ...{ model: model.id, checksum, dtype, dimensions, runtime: runtime?.name },
    ...{ norm, isNormalized, isCached, timing, tokens: tokens?.ids },
    vector: pack(vector),
  };
}

function tokenEmbeddingsToJson(this: TokenEmbeddings): object {
  const { model, runtime, states, tokens, ...rest } = this;
  return { ...rest, model: model.id, runtime: runtime.name, tokens: tokens?.ids, states: pack(states) };
}

/**
 * Gives an embedding a `toJSON`: `JSON.stringify` of a Float32Array names every number, and a model's manifest is long.
 * `{ vector: { values: json.vector, checksum: json.checksum, dtype: json.dtype } }` takes the vector back.
 */
export function withJson(embedding: Embedding): Embedding {
  return Object.defineProperty(embedding, 'toJSON', { value: embeddingToJson });
}

export function statesWithJson(embeddings: TokenEmbeddings): TokenEmbeddings {
  return Object.defineProperty(embeddings, 'toJSON', { value: tokenEmbeddingsToJson });
}
