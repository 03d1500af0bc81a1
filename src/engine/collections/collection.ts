import { ClipgraphError } from '../../errors/index.js';
import type { Model, ModelCatalog } from '../../models/index.js';
import type {
  Attachment,
  CollectionSpec,
  CollectionState,
  NewRow,
  Row,
  ScanRequest,
} from '../../stores/index.js';
import type { Store } from '../../stores/store.js';
import { endingStream } from '../ending-stream.js';
import type { EmbedOptions, RequestScope } from '../options.js';
import type { Many, Streamed } from '../stream.js';
import { addItems, type AddedItem } from './add-items.js';
import { toFilter, type ItemFilter } from './filter.js';
import {
  clusters,
  duplicateGroups,
  largestGroups,
  type Cluster,
  type ClusterOptions,
  type DuplicateGroup,
  type DuplicateOptions,
} from './groups.js';
import { toItem, type Item } from './item.js';
import { isId, rowsAt } from './item-id.js';
import { moveItems, type Move } from './move-items.js';
import { pageOf, type ItemPage, type PageOptions } from './items.js';
import type { NewItem } from './new-item.js';
import { modelOf, type OpenCollection } from './open-collection.js';
import { restoreRows } from './restore.js';
import {
  directionOf,
  search,
  searchFrom,
  type Hit,
  type Query,
  type SearchOptions,
  type SearchResult,
} from './search.js';

interface CollectionParts {
  readonly spec: CollectionSpec;
  readonly store: Store;
  readonly models: ModelCatalog;
  readonly open: () => Promise<OpenCollection>;
  /** What has taken its place under its name; undefined where nothing has. */
  readonly openSuccessor: () => Promise<OpenCollection | undefined>;
}

/** What is said of a collection that is not there any more, or was closed since it was opened. */
const GONE: ReadonlySet<unknown> = new Set(['COLLECTION_NOT_FOUND', 'STORE_UNAVAILABLE']);

/** A named set of contents whose embeddings are kept, to be searched. It stays open while its store does. */
export class Collection {
  readonly spec: CollectionSpec;
  readonly store: Store;
  readonly #models: ModelCatalog;
  readonly #open: () => Promise<OpenCollection>;
  readonly #openSuccessor: () => Promise<OpenCollection | undefined>;

  /** @param open opens it, when it is first needed */
  constructor({ spec, store, models, open, openSuccessor }: CollectionParts) {
    this.spec = spec;
    this.store = store;
    this.#models = models;
    this.#open = open;
    this.#openSuccessor = openSuccessor;
  }

  get name(): string {
    return this.spec.name;
  }

  /** The configured model in whose space it lies; undefined where none is any more. */
  model(): Promise<Model | undefined> {
    return modelOf(this.spec.space, this.#models);
  }

  async state(): Promise<CollectionState> {
    return this.#read(({ stored }) => stored.state());
  }

  /**
   * Adds any number of items, each result as soon as it is durable, in any order. An item's own failure stands in its place.
   *
   * @throws COLLECTION_FULL, STORE_UNAVAILABLE, and other failures of the whole
   */
  add(
    items: Many<NewItem>,
    options: EmbedOptions,
    { signal, ...place }: RequestScope,
  ): AsyncIterableIterator<Streamed<AddedItem>, undefined> {
    const open = this.#open;
    return endingStream(signal, async function* (ending) {
      yield* addItems(await open(), items, options, { ...place, signal: ending });
      return undefined;
    });
  }

  /** @returns how many were there */
  async remove(ids: readonly string[]): Promise<number> {
    return (await this.#open()).stored.remove(ids.filter(isId));
  }

  /** The items of these ids, each in its place; undefined for one that is not there. */
  async get(ids: readonly string[]): Promise<(Item | undefined)[]> {
    const rows = await this.#read(({ stored }) => rowsAt(stored, ids));
    return rows.map((row) => row && toItem(this.name, row));
  }

  async count(filter?: ItemFilter | null): Promise<number> {
    return this.#read(({ stored }) => stored.count(toFilter(filter)));
  }

  /** A page of items in the order of their ids. */
  async page(options: PageOptions, signal: AbortSignal): Promise<ItemPage> {
    return this.#read((open) => pageOf(open, options, signal));
  }

  /** The items most alike to a content, or to one of the items. */
  async search(
    query: Query,
    options: EmbedOptions & SearchOptions,
    scope: RequestScope,
  ): Promise<SearchResult> {
    return this.#read((open) => search(open, query, options, scope));
  }

  /** An item's nearest neighbours, itself left out. */
  async neighbours(
    item: Item,
    { limit = 10, filter }: { readonly limit?: number; readonly filter?: ItemFilter | null | undefined },
    signal: AbortSignal,
  ): Promise<readonly Hit[]> {
    const open = await this.#open();
    const direction = directionOf(open, item);
    return (await searchFrom(open, direction, { first: limit, filter }, signal)).hits;
  }

  /** Writes rows as they were kept elsewhere, in this very space: nothing is embedded. Yields how many are written. */
  restore(rows: Many<NewRow>, signal: AbortSignal): AsyncIterableIterator<number, undefined> {
    const open = this.#open;
    return endingStream(signal, async function* (ending) {
      return yield* restoreRows(await open(), rows, ending);
    });
  }

  /** Gives items other ids, as when their files have moved; returns how many were there. */
  async move(moves: readonly Move[]): Promise<number> {
    return moveItems(await this.#open(), moves);
  }

  /** The bytes that are kept beside an item. */
  async attachment(id: string, kind: Attachment): Promise<Uint8Array | undefined> {
    return this.#read(({ stored }) => stored.attachment(id, kind));
  }

  /**
   * Groups of items that are nearly alike, each as it is found, greedily in the order of ids.
   *
   * @param isMeant which rows are compared, if not all that the filter means
   */
  duplicates(
    options: DuplicateOptions,
    { signal, ...place }: RequestScope,
    isMeant?: (row: Row) => boolean,
  ): AsyncIterableIterator<DuplicateGroup, undefined> {
    const open = this.#open;
    return endingStream(signal, async function* (ending) {
      return yield* duplicateGroups(await open(), options, isMeant, { ...place, signal: ending });
    });
  }

  /**
   * The largest of these groups first.
   *
   * @throws QUERY_TOO_COMPLEX for a collection of more than `limits.maxScanItems`
   */
  async largestDuplicates(
    options: DuplicateOptions & { readonly first?: number | undefined },
    scope: RequestScope,
  ): Promise<DuplicateGroup[]> {
    return largestGroups(await this.#open(), options, scope);
  }

  /**
   * What it is about: k-means on the sphere, the largest clusters first.
   *
   * @throws QUERY_TOO_COMPLEX for a collection of more than `limits.maxScanItems` where it is held to that
   */
  async clusters(
    options: ClusterOptions,
    scope: RequestScope,
    { isLimited = false }: { readonly isLimited?: boolean } = {},
  ): Promise<Cluster[]> {
    return clusters(await this.#open(), options, { isLimited }, scope);
  }

  /** The rows of these ids with all that the program itself keeps beside them. */
  async rowsOf(ids: readonly string[]): Promise<(Row | undefined)[]> {
    return (await this.#open()).stored.get(ids);
  }

  /** All items in the order of their ids, as they were at one moment. */
  async *all(filter: ItemFilter | null | undefined, signal: AbortSignal): AsyncGenerator<Item, undefined> {
    const { stored } = await this.#open();
    for await (const row of stored.scan({ filter: toFilter(filter), signal })) yield toItem(this.name, row);
    return undefined;
  }

  /** All rows as they were at one moment, in the order of their ids. */
  async *rows(request?: ScanRequest): AsyncGenerator<Row, undefined> {
    yield* (await this.#open()).stored.scan(request);
    return undefined;
  }

  /** Reads from what has the name now where the collection was made anew meanwhile: reading is never interrupted. */
  async #read<Result>(work: (open: OpenCollection) => Promise<Result>): Promise<Result> {
    try {
      return await work(await this.#open());
    } catch (error) {
      const isGone = error instanceof ClipgraphError && GONE.has(error.code);
      const successor = isGone ? await this.#openSuccessor() : undefined;
      if (successor === undefined) throw error;
      return work(successor);
    }
  }
}
