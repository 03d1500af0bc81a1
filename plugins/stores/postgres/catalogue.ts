import { setTimeout as delay } from 'node:timers/promises';
import { ClipgraphError, type CollectionSpec } from 'clipgraph/store';
import type { Connections, Session } from './connections.js';
import { isDuplicate, isLocked } from './failures.js';
import { checkVersion, factsOf, migrate, vectorSchemaOf, type Migration } from './migrations.js';
import type { Names } from './names.js';
import type { Settings } from './options.js';
import { collectionNotFound, type Place } from './place.js';
import { itemsTable } from './tables.js';

interface Entry extends Omit<CollectionSpec, 'space'> {
  readonly number: number;
  readonly checksum: string;
  readonly dtype: string;
  readonly dimensions: number;
}

const COLUMNS = `number, name, description, checksum, dtype, dimensions, model, thumbnails, keep_text as "keepText",
  keep_originals as "keepOriginals", created_at as "createdAt"`;

function specOf(entry: Entry): CollectionSpec {
  const { name, description, model, thumbnails, keepText, keepOriginals, createdAt } = entry;
  const { checksum, dtype, dimensions } = entry;
  const space = { checksum, dtype, dimensions };
  return { name, description, space, model, thumbnails, keepText, keepOriginals, createdAt };
}

/** Milliseconds for a table to be free of readers, at a time; and between two tries. */
const LOCK_MS = 250;

export interface CatalogueOptions {
  readonly connections: Connections;
  readonly names: Names;
  readonly settings: Settings;
  readonly migrations: readonly Migration[];
}

/** Which collections there are. */
export class Catalogue {
  readonly #options: CatalogueOptions;

  constructor(options: CatalogueOptions) {
    this.#options = options;
  }

  list(): Promise<CollectionSpec[]> {
    return this.#read([], async (session) => (await this.#entries(session)).map(specOf));
  }

  /** @throws COLLECTION_NOT_FOUND */
  find(name: string): Promise<Place> {
    const { names } = this.#options;
    return this.#read(undefined, async (session, types) => {
      const [entry] = (await this.#entries(session, name)) as (Entry | undefined)[];
      if (entry === undefined) return undefined;
      const { number } = entry;
      return { ...this.#options, spec: specOf(entry), number, table: names.items(number), types };
    }).then((place) => {
      if (place === undefined) throw collectionNotFound(name);
      return place;
    });
  }

  /** @throws COLLECTION_EXISTS */
  create(spec: CollectionSpec): Promise<void> {
    const { names } = this.#options;
    return this.#write(async (session, types) => {
      if (((await this.#entries(session, spec.name)) as unknown[]).length > 0) throw exists(spec.name);
      const { name, description, space, model, thumbnails, keepText, keepOriginals, createdAt } = spec;
      const [{ number }] = await session.query<{ number: number }>(
        `insert into ${names.collections} (name, description, checksum, dtype, dimensions, model, thumbnails, keep_text,
           keep_originals, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning number`,
        [
          ...[name, description, space.checksum, space.dtype, space.dimensions, model],
          ...[thumbnails, keepText, keepOriginals, createdAt],
        ],
      );
      await session.query(itemsTable(names.items(number), types, spec));
    });
  }

  drop(name: string): Promise<boolean> {
    return this.#write((session) => this.#dropWithin(session, name));
  }

  /** @throws COLLECTION_NOT_FOUND, COLLECTION_EXISTS */
  rename(from: string, to: string, { replace }: { readonly replace: boolean }): Promise<void> {
    const { names } = this.#options;
    return this.#write(async (session) => {
      const [entry] = (await this.#entries(session, from)) as (Entry | undefined)[];
      if (entry === undefined) throw collectionNotFound(from);
      if (from === to) return;
      if (replace) await this.#dropWithin(session, to);
      else if ((await this.#entries(session, to)).length > 0) throw exists(to);
      await session.query(`update ${names.collections} set name = $2 where number = $1`, [entry.number, to]);
    });
  }

  async #dropWithin(session: Session, name: string): Promise<boolean> {
    const { names } = this.#options;
    const dropped = await session.query<{ number: number }>(
      `delete from ${names.collections} where name = $1 returning number`,
      [name],
    );
    for (const { number } of dropped) {
      // Whoever comes after one that waits for this lock waits, too: for a moment only.
      await session.query(`set local lock_timeout = ${LOCK_MS}`);
      await session.query(`lock table ${names.items(number)} in access exclusive mode`);
      await session.query('set local lock_timeout = 0');
      await session.query(`drop table ${names.items(number)}`);
      await session.query(`delete from ${names.tallies} where collection = $1`, [number]);
    }
    return dropped.length > 0;
  }

  #entries(session: Session, name?: string): Promise<Entry[]> {
    const from = `select ${COLUMNS} from ${this.#options.names.collections}`;
    return name === undefined
      ? session.query<Entry>(`${from} order by name`)
      : session.query<Entry>(`${from} where name = $1`, [name]);
  }

  /** Reads, changing nothing: where no writer has been yet there is `nothing`. */
  #read<Result>(
    nothing: Result,
    work: (session: Session, types: string) => Promise<Result>,
  ): Promise<Result> {
    const { connections, names, migrations } = this.#options;
    return connections.transaction({ mode: 'snapshot' }, async (session) => {
      const facts = await factsOf(session, names);
      if (!checkVersion(facts, migrations[migrations.length - 1].version)) return nothing;
      return work(session, vectorSchemaOf(facts));
    });
  }

  /** Changes which collections there are, one after the other. */
  async #write<Result>(work: (session: Session, types: string) => Promise<Result>): Promise<Result> {
    const { connections, names, migrations, settings } = this.#options;
    const attempt = (): Promise<Result> =>
      connections.transaction({ mode: 'write' }, async (session) => {
        const facts = await migrate(session, names, migrations);
        await session.query(`lock table ${names.collections} in share row exclusive mode`);
        return work(session, vectorSchemaOf(facts));
      });
    const until = performance.now() + settings.statementTimeoutMs;
    for (let tries = 1; ; tries++) {
      try {
        return await attempt();
      } catch (error) {
        const cause = error instanceof ClipgraphError ? error.cause : undefined;
        // Another server made the extension, or a table, at the same moment.
        const isRace = isDuplicate(cause) && tries === 1;
        if (!isRace && !(isLocked(cause) && performance.now() < until)) throw error;
        if (!isRace) await delay(LOCK_MS);
      }
    }
  }
}

function exists(name: string): ClipgraphError {
  return new ClipgraphError(
    'COLLECTION_EXISTS',
    `There is a collection named "${name.slice(0, 64)}" already.`,
  );
}
