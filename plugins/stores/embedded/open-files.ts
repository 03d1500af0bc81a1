import type { Catalog } from './catalog.js';
import { failureOf, isBusy, openDatabase, type Database } from './database.js';
import type { StoreFiles } from './files.js';
import { checkFormat } from './format.js';

/** The collections' files that a thread has open: each is opened when it is first asked for. */
export class OpenFiles {
  readonly #open = new Map<string, Database>();

  constructor(
    private readonly files: StoreFiles,
    private readonly catalog: Catalog,
    /** Pragmas of each. */
    private readonly pragmas: readonly string[] = [],
  ) {}

  fileOf(key: string): string {
    return this.files.collection(key);
  }

  /**
   * An open file of one's own.
   *
   * @throws COLLECTION_NOT_FOUND, STORE_UNAVAILABLE
   */
  open(key: string): Database {
    this.catalog.check(key);
    const database = openDatabase(this.files.collection(key));
    try {
      checkFormat(database);
      for (const pragma of this.pragmas) database.exec(`pragma ${pragma}`);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /**
   * A file that stays open. It is asked each time whether the collection is still there: a file that was removed can be
   * read and written for as long as it is open.
   *
   * @throws COLLECTION_NOT_FOUND, STORE_UNAVAILABLE
   */
  take(key: string): Database {
    this.catalog.check(key);
    let database = this.#open.get(key);
    if (database === undefined) {
      database = this.open(key);
      this.#open.set(key, database);
    }
    return database;
  }

  /** What to say of a failure: what is emptied while it is read looks damaged. The file is opened anew the next time. */
  explain(key: string, error: unknown): unknown {
    this.release(key);
    try {
      this.catalog.check(key);
    } catch (gone) {
      return gone;
    }
    return isBusy(error) ? failureOf(error, this.files.collection(key)) : error;
  }

  /** @throws COLLECTION_NOT_FOUND, and what the work throws */
  withFile<Result>(key: string, work: (database: Database) => Result): Result {
    try {
      return work(this.take(key));
    } catch (error) {
      throw this.explain(key, error);
    }
  }

  release(key: string): void {
    this.#open.get(key)?.close();
    this.#open.delete(key);
  }

  close(): void {
    for (const key of [...this.#open.keys()]) this.release(key);
  }
}
