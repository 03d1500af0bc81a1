import { cosine } from '../../core/similarity/index.js';
import { ClipgraphError } from '../../errors/index.js';
import { compareBytes, type Row, type SearchHit } from '../../stores/index.js';
import type { Content } from '../content.js';
import type { Embedding } from '../embedding.js';
import type { EmbedOptions, RequestScope } from '../options.js';
import { compare, type Similarity } from '../similarity.js';
import { hitCursor, readHitCursor } from './cursor.js';
import { rowsAt } from './item-id.js';
import { toFilter, type ItemFilter } from './filter.js';
import { embeddingOf, toItem, type Embedded, type Item } from './item.js';
import { embedFor, modelOf, optionsFor, type OpenCollection } from './open-collection.js';

/** An item that was found. */
export interface Hit {
  readonly item: Item;
  /** In [-1, 1], by the one cosine core from the vector that is kept, whichever store found it. */
  readonly cosine: number;
  /**
   * Query and item compared, with the model's own scoring.
   *
   * @throws MODEL_MISMATCH where no configured model has the collection's space any more
   */
  similarity(): Promise<Similarity>;
}

export interface SearchOptions {
  readonly filter?: ItemFilter | null | undefined;
  /** Only hits with at least this cosine. */
  readonly minCosine?: number | null | undefined;
  /** Hits at most. Default 10. */
  readonly first?: number | undefined;
  /** The `endCursor` of the page before. */
  readonly after?: string | null | undefined;
  /** Look at every item, whatever it costs. Default: as the store is configured. */
  readonly isExact?: boolean | undefined;
}

export interface SearchResult {
  /** Best first; ties by id. */
  readonly hits: readonly Hit[];
  /** Whether no item could have been missed. */
  readonly isExact: boolean;
  /** Items that were looked at. */
  readonly searched: number;
  readonly pageInfo: PageInfo;
  /** The embedding of the query included. */
  readonly milliseconds: number;
}

export interface PageInfo {
  readonly hasNextPage: boolean;
  readonly endCursor: string | undefined;
}

/** What is looked for: exactly one of a content and the id of an item. */
export type Query =
  | { readonly content: Content; readonly itemId?: undefined }
  | { readonly itemId: string; readonly content?: undefined };

/** What is looked for, as a vector. */
export interface Direction {
  readonly vector: Float32Array;
  /** All that determines it. */
  readonly identity: string;
  /** Whether it is the same to the bit whenever it is asked for. */
  readonly isRepeatable: boolean;
  /** The item that it is, and that is left out. */
  readonly itemId?: string | undefined;
  readonly embedding: () => Promise<Embedding>;
}

const MOST_HITS = 1000;

function refuse(argument: string, message: string): never {
  throw new ClipgraphError('BAD_USER_INPUT', message, { input: { argument, index: 0 } });
}

/** @throws BAD_USER_INPUT */
export function checkFirst(first: number, most = MOST_HITS): number {
  if (Number.isInteger(first) && first >= 1 && first <= most) return first;
  return refuse('first', `Expected first to be an integer between 1 and ${most} but received ${first}.`);
}

/**
 * What is kept as an embedding of the collection's model.
 *
 * @throws MODEL_MISMATCH where that is not configured any more: the scores are its own
 */
export async function kept(open: OpenCollection, item: Embedded): Promise<Embedding> {
  const { spec, embedder } = open;
  const model = await modelOf(spec.space, embedder.models);
  if (model !== undefined) return embeddingOf(item, model, spec.space);
  const message = `No configured model has the space of the collection ${spec.name} any more: it was made with ${spec.model}, checksum ${spec.space.checksum}. Configure that model, or make the collection anew with reindexCollection.`;
  throw new ClipgraphError('MODEL_MISMATCH', message);
}

/** The direction of an item that is there. */
export function directionOf(open: OpenCollection, item: Item): Direction {
  const { id, vector, contentHash } = item;
  return {
    vector,
    identity: JSON.stringify([id, contentHash]),
    isRepeatable: true,
    itemId: id,
    embedding: () => kept(open, item),
  };
}

/** @throws ITEM_NOT_FOUND */
export async function itemAt(open: OpenCollection, id: string): Promise<Item> {
  const [row] = await rowsAt(open.stored, [id]);
  if (row !== undefined) return toItem(open.spec.name, row);
  const message = `The collection ${open.spec.name} has no item with this id.`;
  throw new ClipgraphError('ITEM_NOT_FOUND', message);
}

async function directionTo(
  open: OpenCollection,
  query: Query,
  options: EmbedOptions,
  scope: RequestScope,
): Promise<Direction> {
  if (query.itemId !== undefined) return directionOf(open, await itemAt(open, query.itemId));
  const embedding = await embedFor(open, query.content, await optionsFor(open, options), scope);
  return {
    vector: embedding.vector,
    identity: embedding.id,
    isRepeatable: embedding.modality === 'VECTOR',
    embedding: () => Promise.resolve(embedding),
  };
}

/** Hits with their items, by the cosine of the vectors as they are now. */
async function hitsOf(
  open: OpenCollection,
  { vector, embedding }: Direction,
  found: readonly SearchHit[],
): Promise<Hit[]> {
  const rows = await open.stored.get(found.map(({ id }) => id));
  return rows
    .filter((row): row is Row => row !== undefined) // Removed since it was found.
    .map((row) => {
      const item = toItem(open.spec.name, row);
      const similarity = async (): Promise<Similarity> => compare(await embedding(), await kept(open, item));
      return { item, cosine: cosine(vector, row.vector), similarity };
    })
    .sort((a, b) => b.cosine - a.cosine || compareBytes(a.item.id, b.item.id));
}

/** The items nearest to a direction. */
export async function searchFrom(
  open: OpenCollection,
  direction: Direction,
  { filter: given, minCosine: least, first = 10, after: cursor, isExact = false }: SearchOptions,
  signal: AbortSignal,
): Promise<Omit<SearchResult, 'milliseconds'>> {
  const { stored, spec, store, watchers } = open;
  checkFirst(first);
  const minCosine = least ?? undefined;
  if (minCosine !== undefined && !(Math.abs(minCosine) <= 1)) {
    refuse('minCosine', `Expected minCosine to be a number between -1 and 1 but received ${minCosine}.`);
  }
  const filter = toFilter(given);
  const { itemId, identity, isRepeatable } = direction;
  const question = [spec.name, spec.createdAt, identity, filter ?? null, minCosine ?? null];
  const place = cursor == null ? undefined : readHitCursor(question, cursor, spec.space.dimensions);
  const { after, vector = direction.vector } = place ?? {};
  // One more tells whether there is a next page; the item itself may be among them.
  const limit = first + 1 + (itemId === undefined ? 0 : 1);
  const effort = isExact ? 'exact' : 'default';
  const [answer] = await stored.search(vector, { limit, filter, minCosine, after, effort, signal });
  watchers.onSearch?.({ store: store.name, searched: answer.searched });
  const others = answer.hits.filter(({ id }) => id !== itemId);
  const page = others.slice(0, first);
  const last = page.at(-1);
  return {
    hits: await hitsOf(open, { ...direction, vector }, page),
    isExact: answer.isExact,
    searched: answer.searched,
    pageInfo: {
      hasNextPage: others.length > first,
      endCursor: last && hitCursor(question, { after: last, vector: isRepeatable ? undefined : vector }),
    },
  };
}

/**
 * The items most alike to a content, or to one of the items, which itself is left out.
 *
 * @throws MODEL_MISMATCH, ITEM_NOT_FOUND, BAD_USER_INPUT, what embedding the query throws
 */
export async function search(
  open: OpenCollection,
  query: Query,
  options: EmbedOptions & SearchOptions,
  scope: RequestScope,
): Promise<SearchResult> {
  const from = performance.now();
  const { filter, minCosine, first, after, isExact, ...how } = options;
  // Before anything is embedded.
  checkFirst(first ?? 10);
  toFilter(filter);
  const direction = await directionTo(open, query, how, scope);
  const found = await searchFrom(open, direction, { filter, minCosine, first, after, isExact }, scope.signal);
  return { ...found, milliseconds: performance.now() - from };
}
