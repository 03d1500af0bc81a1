import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ClipgraphError } from 'clipgraph/store';
import type { Session } from './connections.js';
import { quoted, type Names } from './names.js';

/** A step from one version of the tables to the next. */
export interface Migration {
  readonly version: number;
  readonly sql: string;
}

/** The migrations of a folder, in their order: `0001-collections.sql`. */
export function readMigrations(folder = path.join(__dirname, 'migrations')): Migration[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => ({
      version: Number.parseInt(name, 10),
      sql: readFileSync(path.join(folder, name), 'utf8'),
    }));
}

/** What a database is, before anything of ours is asked of it. */
export interface Facts {
  /** PostgreSQL's version: `18.6`. */
  readonly server: string;
  readonly encoding: string;
  /** pgvector's version; null where it is not installed in the database. */
  readonly vector: string | null;
  /** The schema in which its types are. */
  readonly vectorSchema: string | null;
  /** The version that could be installed; null where the server has none. */
  readonly available: string | null;
  /** Of the tables: 0 where there are none. */
  readonly version: number;
}

/** The oldest pgvector whose index scans go on until a filter has let enough through. */
const OLDEST_VECTOR = [0, 8];

export async function factsOf(session: Session, names: Names): Promise<Facts> {
  const [{ isMigrated, ...facts }] = await session.query<Facts & { isMigrated: boolean }>(
    `select current_setting('server_version') as server, current_setting('server_encoding') as encoding,
       e.extversion as vector, n.nspname as "vectorSchema", to_regclass($1) is not null as "isMigrated",
       (select default_version from pg_available_extensions where name = 'vector') as available
     from (values (1)) as one
     left join pg_extension e on e.extname = 'vector' left join pg_namespace n on n.oid = e.extnamespace`,
    [names.migrations],
  );
  if (!isMigrated) return { ...facts, version: 0 };
  const [{ version }] = await session.query<{ version: number | null }>(
    `select max(version) as version from ${names.migrations}`,
  );
  return { ...facts, version: version ?? 0 };
}

/** What keeps a database from being used, and what to do; undefined where nothing does. */
export function obstacleOf(facts: Facts): { readonly reason: string; readonly remedy: string } | undefined {
  const { encoding, vector, available } = facts;
  if (encoding !== 'UTF8') {
    return {
      reason: `The database has the encoding ${encoding}, in which not every text can be kept.`,
      remedy: 'Create one with the encoding UTF8, and name it in stores.postgres.url.',
    };
  }
  if (vector === null && available === null) {
    return {
      reason: 'PostgreSQL has no extension pgvector.',
      remedy:
        'Install it on the server (postgresql-18-pgvector, or an image that has it), version 0.8 or newer.',
    };
  }
  const [major, minor] = (vector ?? available ?? '').split('.').map(Number);
  if (major > OLDEST_VECTOR[0] || (major === OLDEST_VECTOR[0] && minor >= OLDEST_VECTOR[1])) return undefined;
  return {
    reason: `pgvector ${vector ?? available} is too old: ${OLDEST_VECTOR.join('.')} or newer is needed.`,
    remedy:
      'Install a newer one on the server; where it is installed already, run: alter extension vector update.',
  };
}

/**
 * Whether the tables are as this version of Clipgraph knows them.
 *
 * @returns false where there are none
 * @throws STORE_UNAVAILABLE where they are of a newer version, or of an older one
 */
export function checkVersion({ version }: Facts, newest: number): boolean {
  if (version === newest || version === 0) return version !== 0;
  const message =
    version > newest
      ? `The tables of the store postgres have version ${version}; this Clipgraph knows ${newest}. Run the newer one that made them.`
      : `The tables of the store postgres have version ${version}, and this Clipgraph needs ${newest}: the next change to a collection brings them up to date.`;
  throw new ClipgraphError('STORE_UNAVAILABLE', message);
}

const INSTALL = 'Have an administrator run in this database: create extension vector.';

async function install(session: Session): Promise<void> {
  try {
    await session.query('create extension if not exists vector');
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== '42501') throw cause;
    const message = `The user of stores.postgres.url may not install pgvector. ${INSTALL}`;
    throw new ClipgraphError('STORE_UNAVAILABLE', message, { cause });
  }
}

/**
 * Brings the tables up to date, in the transaction of a writer; one server at a time does, the others wait for it.
 *
 * @throws STORE_UNAVAILABLE where something is missing, or the tables are of a newer version
 */
export async function migrate(
  session: Session,
  names: Names,
  migrations: readonly Migration[],
): Promise<Facts> {
  const newest = migrations[migrations.length - 1].version;
  const before = await factsOf(session, names);
  const obstacle = obstacleOf(before);
  if (obstacle !== undefined) {
    throw new ClipgraphError('STORE_UNAVAILABLE', `${obstacle.reason} ${obstacle.remedy}`);
  }
  if (before.version >= newest && checkVersion(before, newest) && before.vector !== null) return before;
  await session.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`clipgraph ${names.schema}`]);
  const facts = await factsOf(session, names);
  if (facts.vector === null) await install(session);
  if (facts.version === 0) {
    const [{ exists }] = await session.query<{ exists: boolean }>(
      'select to_regnamespace($1) is not null as exists',
      [names.schema],
    );
    if (!exists) await session.query(`create schema ${names.schema}`);
    await session.query(
      `create table if not exists ${names.migrations} (version integer primary key, applied_at timestamptz not null default now())`,
    );
  }
  for (const { version, sql } of migrations) {
    if (version <= facts.version) continue;
    await session.query(sql.replaceAll('{schema}', names.schema));
    await session.query(`insert into ${names.migrations} (version) values ($1)`, [version]);
  }
  const after = await factsOf(session, names);
  checkVersion(after, newest);
  return after;
}

/** The schema of pgvector as SQL writes it. */
export function vectorSchemaOf({ vectorSchema }: Facts): string {
  if (vectorSchema !== null) return quoted(vectorSchema);
  throw new ClipgraphError('STORE_UNAVAILABLE', `pgvector is gone from the database. ${INSTALL}`);
}
