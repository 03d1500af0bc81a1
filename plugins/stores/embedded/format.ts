import { crc32 } from 'node:zlib';
import { ClipgraphError } from 'clipgraph/store';
import path from 'node:path';
import type { Database } from './database.js';

/** Of the files, in `user_version`. A change of what follows is another version, and needs a step from the one before. */
export const FORMAT = 1;
/** `clip`, in `application_id`. */
const APPLICATION = 0x636c6970;

/** Which collections there are. `key` names a collection's file; its name is only here, so that renaming is one change. */
export const CATALOG_SCHEMA = `
  create table collections (
    name text primary key not null,
    key text not null unique,
    spec text not null,
    crc integer not null
  ) without rowid;
`;

/**
 * One collection. An item has the number of a row; rows of removed items are given again. Vectors lie in blocks of
 * neighbouring rows, which are read in one piece when the collection is loaded; `seq` counts changes, so that who has read
 * all up to one reads only the blocks of later ones. Every record has a checksum over all its values: SQLite itself has none.
 */
export const COLLECTION_SCHEMA = `
  create table state (one integer primary key check (one = 1), value text not null, crc integer not null);
  create table items (
    row integer primary key,
    id text not null,
    hash blob not null,
    head text not null,
    crc integer not null,
    metadata text not null,
    metadata_crc integer not null
  );
  create unique index item_ids on items (id);
  create table blocks (block integer primary key, seq integer not null, data blob not null, crc integer not null);
  create index block_seqs on blocks (seq);
  create index block_crcs on blocks (crc);
  create table free_rows (row integer primary key);
  create table attachments (place integer primary key, data blob not null, crc integer not null);
`;

/** What a collection's file says of itself as a whole. */
export interface FileState {
  readonly dimensions: number;
  /** Rows of a block: 1 to 32. */
  readonly blockRows: number;
  /** The last change. */
  readonly seq: number;
  readonly count: number;
  /** Row numbers below this were given. */
  readonly rows: number;
  /** Milliseconds since 1970. */
  readonly updatedAt: number;
  /** The last change that took a vector away. */
  readonly takenAt?: number;
}

/** Over all values of a record. No text in it has U+0000. */
export function checksum(...values: readonly (string | number)[]): number {
  return crc32(values.join('\0'));
}

/** Over bytes that are kept under a number. */
export function checksumOfBytes(number: number, bytes: Uint8Array): number {
  return crc32(bytes, crc32(String(number)));
}

/** @throws STORE_UNAVAILABLE for a file of a later version, or one that is none of the store's */
export function checkFormat(database: Database): void {
  const version = Number(database.pragma('user_version'));
  const application = Number(database.pragma('application_id'));
  const name = path.basename(database.file);
  if (application !== APPLICATION || version < 1) {
    const message = `${name} is not a file of the embedded store. Move it away, or set stores.embedded.path to another folder.`;
    throw new ClipgraphError('STORE_UNAVAILABLE', message);
  }
  if (version > FORMAT) {
    const message = `${name} was written by a later version of Clipgraph (format ${version}; this one knows ${FORMAT}). Update Clipgraph.`;
    throw new ClipgraphError('STORE_UNAVAILABLE', message);
  }
}

/** Inside a transaction. */
export function writeSchema(database: Database, schema: string): void {
  database.exec(schema);
  database.exec(`pragma application_id = ${APPLICATION}`);
  database.exec(`pragma user_version = ${FORMAT}`);
}

/** Blocks of about 32 KB: a vector is read with its neighbours, and a change of one writes them all. */
const BLOCK_BYTES = 32_768;
const MAX_BLOCK_ROWS = 32;

export function blockRowsFor(dimensions: number): number {
  const rows = BLOCK_BYTES / (dimensions * 4);
  return Math.max(1, Math.min(MAX_BLOCK_ROWS, 2 ** Math.floor(Math.log2(rows))));
}
