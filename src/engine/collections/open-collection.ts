import { ClipgraphError } from '../../errors/index.js';
import { differencesOf, type Model, type ModelCatalog } from '../../models/index.js';
import type { CollectionSpec, Space, StoredCollection } from '../../stores/index.js';
import type { Store } from '../../stores/store.js';
import type { Content } from '../content.js';
import type { Embedder } from '../embedder.js';
import type { Embedding } from '../embedding.js';
import type { EmbedOptions, RequestScope } from '../options.js';
import { checkSameSpace } from '../space.js';
import { patiently } from '../stream.js';

/** What those who open collections want to be told. */
export interface CollectionWatchers {
  /** Told of every search, with the collection's store. */
  readonly onSearch?: ((report: { readonly store: string; readonly searched: number }) => void) | undefined;
  /** Told of every item that was added or found unchanged. */
  readonly onAdded?:
    ((report: { readonly store: string; readonly wasEmbedded: boolean }) => void) | undefined;
}

/** A collection that is open, and what works on it. */
export interface OpenCollection {
  readonly spec: CollectionSpec;
  readonly store: Store;
  readonly stored: StoredCollection;
  readonly embedder: Embedder;
  readonly watchers: CollectionWatchers;
  /** Aborted when the collections close. */
  readonly closing: AbortSignal;
}

/**
 * The configured model whose space a collection lies in, the default one first; undefined where none is. A model whose
 * files cannot be read is none.
 */
export async function modelOf({ checksum }: Space, models: ModelCatalog): Promise<Model | undefined> {
  for (const model of models.list()) {
    const own = await model.checksum().catch(() => undefined);
    if (own === checksum) return model;
  }
  return undefined;
}

/**
 * Refuses embeddings of another space than the collection's.
 *
 * @throws MODEL_MISMATCH that says what differs
 */
function checkSpace({ spec }: OpenCollection, model: Model, space: Space): void {
  const differences = differencesOf(spec.space, space);
  if (differences.length === 0) return;
  const message = `The collection ${spec.name} was made with ${spec.model}, in another space than ${model.id}'s: ${differences.join('; ')}. Name the model that it was made with, or make it anew with reindexCollection.`;
  throw new ClipgraphError('MODEL_MISMATCH', message);
}

/** How contents are embedded for a collection: by its own model unless the options name one, to unit length. */
export async function optionsFor(open: OpenCollection, options: EmbedOptions): Promise<EmbedOptions> {
  const { embedder, spec } = open;
  const model = options.model ?? (await modelOf(spec.space, embedder.models))?.id;
  return { ...options, model, normalize: true };
}

/**
 * The embedding of a content in the collection's space. What would lie elsewhere is refused before anything runs.
 *
 * @param options of `optionsFor`
 * @throws MODEL_MISMATCH; what embedding throws
 */
export async function embedFor(
  open: OpenCollection,
  content: Content,
  options: EmbedOptions,
  scope: RequestScope,
): Promise<Embedding> {
  const { embedder, spec } = open;
  if (content.vector === undefined) {
    checkSpace(open, embedder.models.get(options.model), await embedder.space(options));
  }
  const embedding = await patiently(() => embedder.embed(content, options, scope), scope);
  checkSameSpace([{ model: embedding.model, space: spec.space }, embedding]);
  return embedding;
}
