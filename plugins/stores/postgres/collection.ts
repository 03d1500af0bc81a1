import {
  checkRow,
  type Attachment,
  type CollectionSpec,
  type CollectionState,
  type Filter,
  type NewRow,
  type Row,
  type ScanRequest,
  type SearchAnswer,
  type SearchRequest,
  type StoredCollection,
} from 'clipgraph/store';
import { isKeepable } from './byte-order.js';
import type { Session, TransactionOptions } from './connections.js';
import { orNotFound, type Place } from './place.js';
import { itemColumns, rowOf, type Item } from './rows.js';
import { scan } from './scan.js';
import { countWithin, extentOf, readQueries, searchWithin } from './search.js';
import { removeWithin, upsertWithin } from './upsert.js';
import type { Upkeep } from './upkeep.js';

/** A collection in PostgreSQL: every call is a transaction, and nothing of it is held here. */
export class PostgresCollection implements StoredCollection {
  readonly spec: CollectionSpec;
  readonly #place: Place;
  readonly #upkeep: Upkeep;

  constructor(place: Place, upkeep: Upkeep) {
    this.spec = place.spec;
    this.#place = place;
    this.#upkeep = upkeep;
  }

  state(): Promise<CollectionState> {
    const { names, number, table } = this.#place;
    return this.#within({ mode: 'read' }, async (session) => {
      const [state] = await session.query<CollectionState>(
        `select coalesce(sum(items), 0)::float8 as count, pg_total_relation_size($2::regclass)::float8 as bytes,
           coalesce(max(updated_at), $3::float8) as "updatedAt" from ${names.tallies} where collection = $1`,
        [number, table, this.spec.createdAt],
      );
      return state;
    });
  }

  async upsert(rows: readonly NewRow[]): Promise<void> {
    for (const row of rows) checkRow(row, this.spec.space.dimensions);
    if (rows.length === 0) return;
    await this.#within({ mode: 'write' }, (session) => upsertWithin(session, this.#place, rows));
    this.#upkeep.afterUpsert(this.#place);
  }

  async remove(ids: readonly string[]): Promise<number> {
    const possible = ids.filter(isKeepable);
    const { removed, isIndexed } = await this.#within({ mode: 'write' }, async (session) => ({
      removed: await removeWithin(session, this.#place, possible),
      ...(await extentOf(session, this.#place)),
    }));
    if (removed > 0) await this.#upkeep.afterRemove(this.#place, isIndexed !== null);
    return removed;
  }

  async get(ids: readonly string[]): Promise<(Row | undefined)[]> {
    const { table, types } = this.#place;
    const items = await this.#within({ mode: 'read' }, (session) =>
      session.query<Item>(`select ${itemColumns(types)} from ${table} where id = any($1::text[])`, [
        ids.filter(isKeepable),
      ]),
    );
    const rows = new Map(items.map((item) => [item.id, rowOf(item)]));
    return ids.map((id) => rows.get(id));
  }

  async attachment(id: string, kind: Attachment): Promise<Uint8Array | undefined> {
    if (!isKeepable(id)) return undefined;
    const column = kind === 'thumbnail' ? 'thumbnail' : 'original';
    const found = await this.#within({ mode: 'read' }, (session) =>
      session.query<{ bytes: Buffer | null }>(
        `select ${column} as bytes from ${this.#place.table} where id = $1`,
        [id],
      ),
    );
    return found.at(0)?.bytes ?? undefined;
  }

  count(filter?: Filter): Promise<number> {
    return this.#within({ mode: 'read' }, (session) => countWithin(session, this.#place, filter));
  }

  async search(queries: Float32Array, request: SearchRequest): Promise<SearchAnswer[]> {
    const { signal, limit } = request;
    signal?.throwIfAborted();
    const read = readQueries(queries, this.spec.space.dimensions);
    if (limit === 0) return read.map(() => ({ hits: [], isExact: true, isComplete: true, searched: 0 }));
    return this.#within({ mode: 'snapshot', signal }, (session) =>
      searchWithin(session, this.#place, read, request),
    );
  }

  scan(request: ScanRequest = {}): AsyncIterable<Row> {
    return scan(this.#place, request);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #within<Result>(
    options: TransactionOptions,
    work: (session: Session) => Promise<Result>,
  ): Promise<Result> {
    try {
      return await this.#place.connections.transaction(options, work);
    } catch (error) {
      throw orNotFound(this.#place, error);
    }
  }
}
