import fs from 'node:fs';
import path from 'node:path';
import { ClipgraphError, type CollectionSpec } from 'clipgraph/store';
import {
  asText,
  change,
  damaged,
  openDatabase,
  patiently,
  textOf,
  type Database,
  type SqlValue,
} from './database.js';
import { erase, keysIn, makeFolder, newKey, syncFolder, type StoreFiles } from './files.js';
import {
  blockRowsFor,
  CATALOG_SCHEMA,
  checkFormat,
  checksum,
  COLLECTION_SCHEMA,
  writeSchema,
  type FileState,
} from './format.js';
import { writeState } from './state.js';

/** A collection by its file. */
export interface Entry {
  readonly key: string;
  readonly spec: CollectionSpec;
}

export function notFound(): ClipgraphError {
  return new ClipgraphError('COLLECTION_NOT_FOUND', 'There is no such collection in the embedded store.');
}

function exists(name: string): ClipgraphError {
  return new ClipgraphError('COLLECTION_EXISTS', `There is a collection ${name} already.`);
}

function listLost(file: string, left: number): ClipgraphError {
  const message = `${path.basename(file)} of the embedded store, the list of its collections, is gone; ${left} files of collections are there. Put the list back from a backup; or move the folder away, and index again.`;
  return new ClipgraphError('STORE_UNAVAILABLE', message);
}

/** Of an entry, as it is selected. */
const COLUMNS = `${['name', 'key', 'spec'].map(asText).join(', ')}, crc`;

/** The list of collections, for one thread. There is no file as long as nobody made a collection. */
export class Catalog {
  #database: Database | undefined;

  constructor(readonly files: StoreFiles) {}

  /** @throws STORE_UNAVAILABLE */
  #open(): Database | undefined {
    if (!fs.existsSync(this.files.catalog)) {
      // Somebody took it away: what is written into the file that is still open would be lost.
      this.#database?.close();
      this.#database = undefined;
      return undefined;
    }
    if (this.#database !== undefined) return this.#database;
    const database = openDatabase(this.files.catalog);
    try {
      const isEmpty =
        patiently(() => database.prepare('select count(*) from sqlite_master').get())?.[0] === 0;
      // Between being made and being filled.
      if (isEmpty && database.pragma('user_version') === 0) {
        database.close();
        return undefined;
      }
      checkFormat(database);
    } catch (error) {
      database.close();
      throw error;
    }
    this.#database = database;
    return database;
  }

  #make(): Database {
    makeFolder(this.files.folder);
    const database = openDatabase(this.files.catalog, { isNew: true });
    try {
      change(database, () => {
        if (database.pragma('user_version') !== 0) return;
        // Never swept away: only a list that is there says what is in none.
        const left = keysIn(this.files).length;
        if (left > 0) throw listLost(database.file, left);
        writeSchema(database, CATALOG_SCHEMA);
      });
      checkFormat(database);
      syncFolder(this.files.folder);
    } catch (error) {
      database.close();
      throw error;
    }
    this.#database = database;
    return database;
  }

  #entryOf(database: Database, values: readonly SqlValue[]): Entry {
    const [name, key, text] = values.slice(0, 3).map(textOf);
    const isWhole = name !== undefined && key !== undefined && text !== undefined;
    if (!isWhole || checksum(name, key, text) !== values[3]) throw damaged(database.file);
    return { key, spec: { ...(JSON.parse(text) as CollectionSpec), name } };
  }

  #put(database: Database, name: string, { key, spec }: Entry): void {
    const text = JSON.stringify(spec);
    database
      .prepare('insert into collections values (?, ?, ?, ?)')
      .run(name, key, text, checksum(name, key, text));
  }

  #find(database: Database, name: string): Entry | undefined {
    const found = patiently(() =>
      database.prepare(`select ${COLUMNS} from collections where name = ?`).get(name),
    );
    if (found !== undefined) return this.#entryOf(database, found);
    patiently(() => this.#knownKeys(database)); // Not there, and not lost by damage.
    return undefined;
  }

  /** By their names. */
  list(): Entry[] {
    const database = this.#open();
    if (database === undefined) return [];
    const all = patiently(() => database.prepare(`select ${COLUMNS} from collections order by name`).all());
    return all.map((values) => this.#entryOf(database, values));
  }

  /** @throws COLLECTION_NOT_FOUND */
  find(name: string): Entry {
    const database = this.#open();
    const entry = database && this.#find(database, name);
    if (entry === undefined) throw notFound();
    return entry;
  }

  /** @throws COLLECTION_NOT_FOUND when it was dropped, or another has taken its place */
  check(key: string): void {
    const database = this.#open();
    const found =
      database && patiently(() => database.prepare('select 1 from collections where key = ?').get(key));
    if (found !== undefined) return;
    if (database !== undefined) patiently(() => this.#knownKeys(database));
    throw notFound();
  }

  /** @throws COLLECTION_EXISTS */
  create(spec: CollectionSpec): void {
    const database = this.#open() ?? this.#make();
    const key = newKey();
    // In one turn: a file without an entry is swept away.
    change(database, () => {
      if (this.#find(database, spec.name) !== undefined) throw exists(spec.name);
      const file = this.files.collection(key);
      try {
        this.#fill(file, spec);
        this.#put(database, spec.name, { key, spec });
        syncFolder(this.files.folder);
      } catch (error) {
        erase(file);
        throw error;
      }
    });
  }

  #fill(file: string, spec: CollectionSpec): void {
    const { dimensions } = spec.space;
    const state: FileState = {
      dimensions,
      blockRows: blockRowsFor(dimensions),
      seq: 0,
      count: 0,
      rows: 0,
      updatedAt: spec.createdAt,
    };
    const collection = openDatabase(file, { isNew: true });
    try {
      change(collection, () => {
        writeSchema(collection, COLLECTION_SCHEMA);
        writeState(collection, state);
      });
    } finally {
      collection.close();
    }
  }

  /** @returns the key of what was dropped; undefined if nothing was there */
  drop(name: string): string | undefined {
    const database = this.#open();
    if (database === undefined) return undefined;
    return change(database, () => {
      const entry = this.#find(database, name);
      database.prepare('delete from collections where name = ?').run(name);
      return entry?.key;
    });
  }

  /**
   * @returns the key of what was replaced
   * @throws COLLECTION_NOT_FOUND, COLLECTION_EXISTS
   */
  rename(from: string, to: string, replace: boolean): string | undefined {
    const database = this.#open();
    if (database === undefined) throw notFound();
    return change(database, () => {
      const entry = this.#find(database, from);
      if (entry === undefined) throw notFound();
      if (from === to) return undefined;
      const other = this.#find(database, to);
      if (other !== undefined && !replace) throw exists(to);
      database.prepare('delete from collections where name in (?, ?)').run(from, to);
      this.#put(database, to, entry);
      return other?.key;
    });
  }

  /** Takes what names no more lead to off the disk: after a change here, and what was left by a kill in the middle of one. */
  sweep(): void {
    const database = this.#open();
    if (database === undefined) return;
    change(database, () => {
      const known = this.#knownKeys(database);
      const lost = keysIn(this.files).filter((key) => !known.has(key));
      for (const key of lost) erase(this.files.collection(key));
    });
    syncFolder(this.files.folder);
    // The names, too; readers of the list are done in no time.
    patiently(() => database.pragma('wal_checkpoint(truncate)'));
  }

  /**
   * The keys of all entries, for what has none to be taken away: that none was lost by damage is made sure of.
   *
   * @throws STORE_UNAVAILABLE
   */
  #knownKeys(database: Database): Set<string> {
    const entries = database.prepare(`select ${COLUMNS} from collections order by name`).all();
    const known = new Set(entries.map((values) => this.#entryOf(database, values).key));
    // Of an index of its own: damage to one of both is seen in the other.
    const indexed = database.prepare(`select ${asText('key')} from collections order by key`).all();
    const isSame = indexed.length === known.size && indexed.every(([key]) => known.has(textOf(key) ?? ''));
    if (!isSame) throw damaged(database.file);
    return known;
  }

  close(): void {
    this.#database?.close();
    this.#database = undefined;
  }
}
