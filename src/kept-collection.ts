import { checkIterable, checkOptions, checkString, checkStrings } from './check-arguments.js';
import {
  endingStream,
  followerOf,
  type AddedItem,
  type Cluster,
  type ClusterOptions,
  type Collection,
  type Collections,
  type Content,
  type DuplicateGroup,
  type DuplicateOptions,
  type EmbedOptions,
  type Item,
  type ItemFilter,
  type Many,
  type NewItem,
  type ReindexOptions,
  type ReindexProgress,
  type RequestScope,
  type SearchOptions,
  type SearchResult,
  type Streamed,
} from './engine/index.js';
import type { VectorSpace } from './models/index.js';

/** How long something is waited for. */
export interface WithSignal {
  /** Ends the work; what waits is then rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** How items are added: the collection's own model unless another one is named. */
export interface AddOptions extends Omit<EmbedOptions, 'normalize'>, WithSignal {}

/** What is known of a collection. */
export interface CollectionInfo {
  readonly name: string;
  readonly description: string | undefined;
  /** The id of the configured model in whose space it lies; undefined where there is none any more. */
  readonly model: string | undefined;
  readonly space: VectorSpace;
  /** Items. */
  readonly count: number;
  /** What they take where they are kept, by the store's own reckoning. */
  readonly bytes: number;
  /** The store's name. */
  readonly store: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A named set of contents whose embeddings are kept, to be searched. It is looked up whenever it is used. */
export interface KeptCollection {
  readonly name: string;
  /** @throws COLLECTION_NOT_FOUND, STORE_UNAVAILABLE */
  info(): Promise<CollectionInfo>;
  /**
   * Adds any number of items, each result as soon as it is durable, in any order; a bounded number is under way. An item's own
   * failure stands in its place. What is there with the same content is not embedded again.
   */
  add(items: Many<NewItem>, options?: AddOptions): AsyncIterableIterator<Streamed<AddedItem>, undefined>;
  /** Removes items with all that is kept of them; returns how many were there. */
  remove(ids: readonly string[]): Promise<number>;
  /** Undefined if there is none of this id. */
  get(id: string): Promise<Item | undefined>;
  /** All items in the order of their ids, as they were at one moment. */
  items(
    options?: WithSignal & { readonly filter?: ItemFilter | undefined },
  ): AsyncIterableIterator<Item, undefined>;
  /** The items most alike to a content, or to one of the items, which itself is left out: `{ itemId }`. */
  search(
    query: Content | { readonly itemId: string },
    options?: AddOptions & SearchOptions,
  ): Promise<SearchResult>;
  /**
   * Groups of items with a cosine of at least the threshold to their first member, greedily in the order of ids, each as it is
   * found.
   */
  duplicates(options?: DuplicateOptions & WithSignal): AsyncIterableIterator<DuplicateGroup, undefined>;
  /** k-means on the sphere with a fixed seed, the largest clusters first; labels name them. */
  clusters(options?: ClusterOptions & WithSignal): Promise<Cluster[]>;
  /** Makes it anew in another model's space, and swaps it in when it is whole. */
  reindex(options?: ReindexOptions & WithSignal): AsyncIterableIterator<ReindexProgress, undefined>;
}

/** What `collections()` gives of one. */
export async function describeCollection(collection: Collection): Promise<CollectionInfo> {
  const { name, spec, store } = collection;
  const [model, state] = await Promise.all([collection.model(), collection.state()]);
  return {
    name,
    description: spec.description ?? undefined,
    model: model?.id,
    space: spec.space,
    count: state.count,
    bytes: state.bytes,
    store: store.name,
    createdAt: new Date(spec.createdAt),
    updatedAt: new Date(state.updatedAt),
  };
}

/** What a method is asked with, and who waits for it. */
function asked<Options extends WithSignal>(given: Options | undefined, method: string) {
  const { signal = new AbortController().signal, ...options } = checkOptions(given, method);
  return { options, scope: { signal: followerOf(signal) } };
}

/** The collection of a name, in the words of the library. */
export function keptCollection(collections: Collections, name: string): KeptCollection {
  const open = (): Promise<Collection> => collections.get(name);

  /** A stream of the collection, which is looked up when its first value is asked for. */
  const streamOf = <Value>(
    scope: RequestScope,
    start: (collection: Collection, scope: RequestScope) => AsyncIterableIterator<Value, undefined>,
  ): AsyncIterableIterator<Value, undefined> =>
    endingStream(scope.signal, async function* (signal) {
      return yield* start(await open(), { ...scope, signal });
    });

  return {
    name,
    info: async () => describeCollection(await open()),
    add: (items, given) => {
      const { options, scope } = asked(given, 'add');
      const checked = checkIterable(items, 'items');
      return streamOf(scope, (collection, own) => collection.add(checked, options, own));
    },
    remove: async (ids) => {
      const checked = checkStrings(ids, 'ids');
      return (await open()).remove(checked);
    },
    get: async (id) => {
      const checked = checkString(id, 'id');
      const [item] = await (await open()).get([checked]);
      return item;
    },
    items: (given) => {
      const { options, scope } = asked(given, 'items');
      return streamOf(scope, (collection, { signal }) => collection.all(options.filter, signal));
    },
    search: async (query, given) => {
      const { options, scope } = asked(given, 'search');
      const what = isItemId(query) ? { itemId: checkString(query.itemId, 'itemId') } : { content: query };
      return (await open()).search(what, options, scope);
    },
    duplicates: (given) => {
      const { options, scope } = asked(given, 'duplicates');
      return streamOf(scope, (collection, own) => collection.duplicates(options, own));
    },
    clusters: async (given) => {
      const { options, scope } = asked(given, 'clusters');
      return (await open()).clusters(options, scope);
    },
    reindex: (given) => {
      const { options, scope } = asked(given, 'reindex');
      return collections.reindex(name, options, scope);
    },
  };
}

function isItemId(query: unknown): query is { readonly itemId: string } {
  return typeof query === 'object' && query !== null && 'itemId' in query && query.itemId !== undefined;
}
