import type {
  ErrorCode,
  Attachment,
  CollectionSpec,
  CollectionState,
  Filter,
  SearchAnswer,
  SearchRequest,
} from 'clipgraph/store';
import type { Entry } from './catalog.js';
import type { FoundRow, PlainRow } from './items.js';

/** To a thread: a question; without a method, that nobody waits for the answer to this one; or that all is over. */
export interface Ask {
  readonly id: number;
  readonly method?: string;
  readonly values?: readonly unknown[];
  readonly isOver?: boolean;
}

/** From a thread. */
export interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?:
    { readonly code: ErrorCode | undefined; readonly message: string; readonly detail: string } | undefined;
}

/** What both threads are started with. */
export interface ThreadOptions {
  /** Of the configuration. */
  readonly root: string;
  /** Bytes that loaded collections may take in all. */
  readonly maxBytes: number;
}

/** What the thread that writes does; a collection is said by the key of its file. */
export interface WriterMethods {
  create(spec: CollectionSpec): void;
  /** @returns the key of what was dropped */
  drop(name: string): string | undefined;
  /** @returns the key of what was replaced */
  rename(from: string, to: string, replace: boolean): string | undefined;
  upsert(key: string, rows: readonly PlainRow[], vectors: Float32Array): void;
  remove(key: string, ids: readonly string[]): number;
  /** Closes its file. */
  release(key: string): void;
}

/** What a scan asks for at a time. */
export interface ScanPage {
  readonly rows: readonly FoundRow[];
  /** Where to go on; absent at the end. */
  readonly next?: string;
}

/** What the thread that searches and reads does. */
export interface ReaderMethods {
  /** The version of SQLite. */
  probe(): string;
  list(): Entry[];
  find(name: string): Entry;
  state(key: string): CollectionState;
  get(key: string, ids: readonly string[]): (FoundRow | undefined)[];
  attachment(key: string, id: string, kind: Attachment): Uint8Array | undefined;
  count(key: string, filter: Filter | undefined): number;
  search(key: string, queries: Float32Array, request: Omit<SearchRequest, 'signal'>): SearchAnswer[];
  /** Begins to read what there is at this moment. */
  beginScan(key: string): number;
  scan(scan: number, after: string | undefined, limit: number, filter: Filter | undefined): ScanPage;
  endScan(scan: number): void;
  /** Frees what is held of a collection. */
  release(key: string): void;
}
