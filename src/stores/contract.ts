import type { Isolation } from '../isolation/link.js';
import { definePlugin, type PluginDefinition, type PluginTraits } from '../plugins/definition.js';
import type { Filter } from './filter.js';
import type { JsonObject } from './json.js';

/** Where the vectors of a collection lie: only vectors of one space are kept together. */
export interface Space {
  /** The model's: over everything that changes its numbers. */
  readonly checksum: string;
  /** The model's, with the precision of the runtime where that is not exact. */
  readonly dtype: string;
  readonly dimensions: number;
}

/** What a collection is created with. Nothing of it changes afterwards, but for its name. */
export interface CollectionSpec {
  /** 1 to 64 of a-z, 0-9, `-` and `_`. */
  readonly name: string;
  readonly description: string | null;
  readonly space: Space;
  /** The id of the model that it was made with: for people, the space alone decides. */
  readonly model: string;
  /** Whether small pictures are kept. */
  readonly thumbnails: boolean;
  /** Whether texts are kept; else their hash alone. */
  readonly keepText: boolean;
  /** Whether pictures are kept as they were sent. */
  readonly keepOriginals: boolean;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** What was decoded from a picture. */
export interface StoredImage {
  readonly format: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Of the file. */
  readonly bytes: number;
}

/** The file that an item was made of by `clipgraph index`: kept beside it, and in no answer. */
export interface Origin {
  /** Of the indexed folder: a random id, which only the machine that indexed it can turn into a path. */
  readonly root: string;
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970, whole or not, as the file system has it. */
  readonly modifiedMs: number;
}

/** Bytes that are kept beside an item, and are read apart from it. */
export type Attachment = 'thumbnail' | 'original';

/** What is to be kept under an id. */
export interface NewRow {
  /** 1 to 1,024 bytes of UTF-8 without U+0000; ordered by its bytes. */
  readonly id: string;
  /** float32 `[dimensions]` of unit length. */
  readonly vector: Float32Array;
  readonly modality: 'TEXT' | 'IMAGE' | 'VECTOR' | 'BLEND';
  /** SHA-256 of the content, in lower-case hexadecimal. */
  readonly contentHash: string;
  readonly text: string | null;
  readonly source: string | null;
  readonly image: StoredImage | null;
  /** Absent: what is there already stays, `{}` where nothing is. */
  readonly metadata?: JsonObject | undefined;
  readonly origin: Origin | null;
  /** Milliseconds since 1970. What is there with the same content hash keeps its time. */
  readonly addedAt: number;
  /** Absent: what is there with the same content hash stays, none where the content is another. */
  readonly thumbnail?: Uint8Array | undefined;
  readonly original?: Uint8Array | undefined;
}

/** An item as it is kept. */
export interface Row extends Required<Omit<NewRow, Attachment>> {
  readonly metadata: JsonObject;
  readonly attachments: readonly Attachment[];
}

export interface SearchRequest {
  /** Hits for each query, at most; from 0. */
  readonly limit: number;
  /** Only items that it matches. */
  readonly filter?: Filter | undefined;
  /** Only hits with at least this cosine. */
  readonly minCosine?: number | undefined;
  /** Only what comes after this hit: a lower cosine, or the same one and a larger id. */
  readonly after?: SearchHit | undefined;
  /** `exact`: every item is looked at, whatever it costs. */
  readonly effort: 'default' | 'exact';
  readonly signal?: AbortSignal | undefined;
}

export interface SearchHit {
  readonly id: string;
  /** In [-1, 1]: what `cosine` of `clipgraph/core` gives for the query and the vector that is kept. */
  readonly cosine: number;
}

/** Of one query. */
export interface SearchAnswer {
  /** Best first; ties by id. */
  readonly hits: readonly SearchHit[];
  /** Whether no item could have been missed. */
  readonly isExact: boolean;
  /** Whether there are `limit` hits, or all that match. */
  readonly isComplete: boolean;
  /** Items that were looked at. */
  readonly searched: number;
}

export interface ScanRequest {
  /** Only ids after this one. */
  readonly after?: string | undefined;
  /** Rows at most; all if absent. */
  readonly limit?: number | undefined;
  readonly filter?: Filter | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CollectionState {
  /** Items. */
  readonly count: number;
  /** What they take where they are kept, by the store's own reckoning. */
  readonly bytes: number;
  /** The last change; milliseconds since 1970. */
  readonly updatedAt: number;
}

/**
 * An open collection. Every method may be called while others run. It is followed, whatever name it is given: once it is
 * dropped, or another has taken its place, everything is COLLECTION_NOT_FOUND, also when its name is there again. After the
 * store's `close` everything is STORE_UNAVAILABLE.
 */
export interface StoredCollection {
  /** As it was when it was opened. */
  readonly spec: CollectionSpec;
  state(): Promise<CollectionState>;
  /**
   * Adds rows, or replaces those of the same ids. All or none; of one id in it twice the last counts. Durable, and seen by
   * the next search, when it resolves.
   *
   * @throws BAD_USER_INPUT for a row that cannot be kept, STORE_UNAVAILABLE
   */
  upsert(rows: readonly NewRow[]): Promise<void>;
  /**
   * Removes rows with all that is kept of them: out of every answer and off the disk when it resolves, or as soon as the last
   * `scan` that began before has ended.
   *
   * @returns how many were there
   */
  remove(ids: readonly string[]): Promise<number>;
  /** The rows of these ids, each in its place; undefined for one that is not there. */
  get(ids: readonly string[]): Promise<(Row | undefined)[]>;
  /** The bytes that are kept beside an item; undefined if there are none. */
  attachment(id: string, kind: Attachment): Promise<Uint8Array | undefined>;
  count(filter?: Filter): Promise<number>;
  /**
   * @param queries float32 `[queries, dimensions]`, each of unit length, one after the other
   * @returns an answer for each query
   * @throws DIMENSION_MISMATCH, ZERO_VECTOR, INVALID_VECTOR; the signal's reason once that is aborted
   */
  search(queries: Float32Array, request: SearchRequest): Promise<SearchAnswer[]>;
  /**
   * Rows in the order of their ids, as they all were at one moment: what is written meanwhile is not seen.
   *
   * @throws the signal's reason once that is aborted
   */
  scan(request?: ScanRequest): AsyncIterable<Row>;
  /** Frees what is held in memory. What was acknowledged is kept. */
  close(): Promise<void>;
}

/** What a store does, stated and never assumed. */
export interface StoreTraits {
  /** Whether every search looks at all items, without being asked to. */
  readonly isExact: boolean;
  /** Whether several servers may write at a time; else they take turns. */
  readonly hasManyWriters: boolean;
  /** What an acknowledged change survives: that the process is killed, or that the power fails too. */
  readonly durability: 'process' | 'power';
}

/**
 * Whether a store can serve. `reason` and `remedy` are sentences for anybody who asks the server; `detail` is for the log.
 */
export type StoreProbe =
  | { readonly ready: true; readonly info: { readonly library: string; readonly version: string } }
  | { readonly ready: false; readonly reason: string; readonly remedy: string; readonly detail?: string };

/** Something that keeps collections. */
export interface StorePlugin {
  readonly traits: StoreTraits;
  /** Whether it can serve now, found out by trying. Never throws. */
  probe(): Promise<StoreProbe>;
  /** The collections that there are, in the order of their names. */
  list(): Promise<CollectionSpec[]>;
  /** @throws COLLECTION_EXISTS, STORE_UNAVAILABLE */
  create(spec: CollectionSpec): Promise<void>;
  /**
   * Removes a collection with all that is kept of it, off the disk when it resolves.
   *
   * @returns whether it was there
   */
  drop(name: string): Promise<boolean>;
  /**
   * Gives a collection another name, at once for everybody who opens it.
   *
   * @param options.replace whether what has that name is dropped in the same step
   * @throws COLLECTION_NOT_FOUND, COLLECTION_EXISTS
   */
  rename(from: string, to: string, options: { readonly replace: boolean }): Promise<void>;
  /** @throws COLLECTION_NOT_FOUND, STORE_UNAVAILABLE with what is damaged */
  open(name: string): Promise<StoredCollection>;
  /** Ends its threads and connections. */
  close(): Promise<void>;
}

/** The default export of a store's module. */
export type StoreDefinition<Options extends object = Record<string, unknown>> = PluginDefinition<
  'store',
  Options,
  StorePlugin
> &
  PluginTraits<'store'>;

/** What a plugin says of itself. */
export interface StoreDeclaration {
  /** What the configuration calls it, and where its options are: `stores.<name>`. */
  readonly name: string;
}

/** In the server's own process: what computes or waits for a disk there does it in threads of its own. */
const ISOLATION: Isolation = 'none';

/**
 * Declares a store plugin; the default export of its module. It runs in the server's own process and must not hold up its
 * event loop: what computes, or waits for a disk, belongs into a thread.
 *
 * @param create makes the store from its options in the configuration; throws when an option is wrong
 * @throws TypeError that says what to write
 */
export function defineStore<Options extends object>(
  { name }: StoreDeclaration,
  create: (options: Options) => StorePlugin,
): StoreDefinition<Options> {
  const definition = { kind: 'store', name, isolation: ISOLATION, create } as const;
  definePlugin('defineStore', definition);
  return definition;
}
