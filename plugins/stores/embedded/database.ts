import { createRequire } from 'node:module';
import path from 'node:path';
import { ClipgraphError } from 'clipgraph/store';

/** What SQLite gives and takes. Numbers are bound as REAL; an INTEGER column makes whole ones integers again. */
export type SqlValue = string | number | Buffer | null;

/**
 * A column of text as it is selected, for `textOf`: the package ends the whole process at a text that is not UTF-8, as a
 * damaged one may be.
 */
export function asText(column: string): string {
  return `cast(${column} as blob)`;
}

/** What was selected with `asText`. What is not UTF-8 becomes another text, which no checksum fits. */
export function textOf(value: SqlValue | undefined): string | undefined {
  return Buffer.isBuffer(value) ? value.toString() : undefined;
}

/** A statement whose rows are lists of values. */
export interface Statement {
  run(...values: readonly SqlValue[]): void;
  get(...values: readonly SqlValue[]): SqlValue[] | undefined;
  all(...values: readonly SqlValue[]): SqlValue[][];
}

/** An open file of SQLite, for one thread. */
export interface Database {
  readonly file: string;
  exec(sql: string): void;
  /** Compiled once. */
  prepare(sql: string): Statement;
  /** One value of a pragma. */
  pragma(text: string): SqlValue | undefined;
  close(): void;
}

/** How long a writer waits for its turn. */
const PATIENCE_MS = 120_000;
const POLL_MS = 1;
const CLOCK = new Int32Array(new SharedArrayBuffer(4));

/** A thread of its own may stand still. */
export function pause(ms: number): void {
  Atomics.wait(CLOCK, 0, 0, ms);
}

const codeOf = (error: unknown): string => String((error as { code?: unknown }).code);

export function isBusy(error: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED)/.test(codeOf(error));
}

/** What SQLite's refusal means for who keeps data in this file, and what they can do. Its own words stay in the cause. */
export function failureOf(error: unknown, file: string): ClipgraphError {
  if (error instanceof ClipgraphError) return error;
  const name = path.basename(file);
  const code = codeOf(error);
  const text = error instanceof Error ? error.message : String(error);
  const say = (message: string): ClipgraphError =>
    new ClipgraphError('STORE_UNAVAILABLE', message, { cause: error });
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return damaged(file, error);
  if (code === 'SQLITE_FULL' || /disk is full|no space/i.test(text) || code === 'SQLITE_IOERR_WRITE') {
    return say(
      `The disk of the embedded store is full: nothing of this change was kept, and all before it is. Make room there, or set stores.embedded.path to another disk.`,
    );
  }
  if (isBusy(error)) return say(`${name} of the embedded store is held by another program for too long.`);
  if (/^SQLITE_(CANTOPEN|READONLY|PERM|AUTH)/.test(code)) {
    return say(
      `${name} of the embedded store cannot be opened for writing: look at who may write its folder.`,
    );
  }
  return say(
    `${name} of the embedded store cannot be read or written (${/^SQLITE_\w+$/.test(code) ? code : 'unknown error'}).`,
  );
}

/** For what the store's own checks find, too. */
export function damaged(file: string, cause?: unknown): ClipgraphError {
  return new ClipgraphError(
    'STORE_UNAVAILABLE',
    `${path.basename(file)} of the embedded store is damaged. Nothing in it was changed: put a backup in its place, or copy the file away and index again.`,
    { cause },
  );
}

/** What is used of the package, which has better-sqlite3's interface. */
interface Compiled {
  raw(): Compiled;
  run(values: readonly SqlValue[]): unknown;
  get(values: readonly SqlValue[]): unknown;
  all(values: readonly SqlValue[]): unknown;
}
interface Connection {
  exec(sql: string): void;
  prepare(sql: string): Compiled;
  close(): void;
}
type Library = new (file: string) => Connection;

let library: Library | undefined;

/** @throws STORE_UNAVAILABLE when the package is not there: it is an optional one, of compiled code */
function connect(file: string): Connection {
  try {
    library ??= createRequire(__filename)('libsql') as Library;
  } catch (cause) {
    const message = `The package libsql, which keeps the files of the embedded store, cannot be loaded on ${process.platform}-${process.arch}. Install it again: npm ci.`;
    throw new ClipgraphError('STORE_UNAVAILABLE', message, { cause });
  }
  try {
    return new library(file);
  } catch (error) {
    throw failureOf(error, file);
  }
}

/** The version of SQLite in the package. */
export function sqliteVersion(): string {
  const memory = connect(':memory:');
  try {
    return String((memory.prepare('select sqlite_version()').raw().get([]) as SqlValue[])[0]);
  } finally {
    memory.close();
  }
}

/**
 * Opens a file of SQLite, or makes it.
 *
 * Durable when a transaction ends (`synchronous = FULL` with a write-ahead log), removed content overwritten, cells checked
 * against their page.
 *
 * @throws STORE_UNAVAILABLE
 */
export function openDatabase(file: string, { isNew = false } = {}): Database {
  const inner = connect(file);
  const guard = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (error) {
      throw isBusy(error) ? error : failureOf(error, file);
    }
  };
  const statements = new Map<string, Statement>();
  const database: Database = {
    file,
    exec: (sql) => {
      guard(() => {
        inner.exec(sql);
      });
    },
    prepare(sql) {
      const known = statements.get(sql);
      if (known !== undefined) return known;
      const compiled = guard(() => inner.prepare(sql));
      if (/^\s*(select|pragma|with)\b/i.test(sql)) compiled.raw();
      const statement: Statement = {
        run: (...values) => {
          guard(() => compiled.run(values));
        },
        get: (...values) => guard(() => compiled.get(values) as SqlValue[] | undefined),
        all: (...values) => guard(() => compiled.all(values) as SqlValue[][]),
      };
      statements.set(sql, statement);
      return statement;
    },
    pragma: (text) =>
      guard(() => (inner.prepare(`pragma ${text}`).raw().get([]) as SqlValue[] | undefined)?.[0]),
    close: () => {
      // Compiled statements keep a connection half open until they are collected: nothing of it may hold others up.
      statements.clear();
      for (const last of ['rollback', 'pragma wal_checkpoint(truncate)']) {
        try {
          inner.exec(last);
        } catch {
          // There is no transaction; or somebody else uses the file.
        }
      }
      inner.close();
    },
  };
  try {
    patiently(() => {
      database.exec('pragma busy_timeout = 0');
      if (isNew) {
        database.exec('pragma page_size = 8192');
        database.exec('pragma auto_vacuum = incremental');
        database.pragma('journal_mode = wal');
      }
      database.exec('pragma synchronous = full');
      database.pragma('secure_delete = on');
      database.exec('pragma cell_size_check = on');
      database.pragma('user_version');
    });
  } catch (error) {
    inner.close();
    throw error;
  }
  return database;
}

/**
 * Tries until nobody else is in the way. Waits are short and all alike: whoever comes later is not preferred, as with waits
 * that double.
 *
 * @throws STORE_UNAVAILABLE after two minutes
 */
export function patiently<Result>(work: () => Result): Result {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (Date.now() > end) throw failureOf(error, 'The file');
      pause(POLL_MS * (0.5 + Math.random()));
    }
  }
}

/**
 * A change: all of it or nothing, on the disk when this returns. Writers of all processes take turns.
 *
 * @throws STORE_UNAVAILABLE, and what the work throws
 */
export function change<Result>(database: Database, work: () => Result): Result {
  patiently(() => {
    database.exec('begin immediate');
  });
  try {
    const result = work();
    patiently(() => {
      database.exec('commit');
    });
    return result;
  } catch (error) {
    try {
      database.exec('rollback');
    } catch {
      // A full disk ends the transaction by itself.
    }
    throw isBusy(error) ? failureOf(error, database.file) : error;
  }
}

/** Begins to read: what is read from here to `commit` is of one moment, that of `first`. */
export function beginReading<Result>(database: Database, first: () => Result): Result {
  return patiently(() => {
    database.exec('begin');
    try {
      return first();
    } catch (error) {
      database.exec('rollback');
      throw error;
    }
  });
}

/** What is read in `work` is of one moment. */
export function look<Result>(database: Database, work: () => Result): Result {
  const result = beginReading(database, work);
  database.exec('commit');
  return result;
}
