import { createRequire } from 'node:module';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { clustered } from '../../test/clustered-vectors.js';
import { show, timeAsync } from './timing.js';

const BATCH = 1000;
const QUERIES = 5;
const LIMIT = 10;
const load = createRequire(__filename);

/** Another engine, as far as it is measured. */
interface Peer {
  readonly name: string;
  readonly packages: readonly string[];
  /** Opens an empty collection in a folder. */
  readonly open: (folder: string, dimensions: number) => Promise<PeerCollection>;
}
interface PeerCollection {
  insert(first: number, vectors: readonly Float32Array[]): Promise<void>;
  search(query: Float32Array): Promise<readonly number[]>;
  close(): void;
}

interface SqliteStatement {
  raw(): SqliteStatement;
  run(...values: unknown[]): unknown;
  all(...values: unknown[]): unknown[];
}
interface Sqlite {
  loadExtension(file: string): void;
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

const sqliteVec: Peer = {
  name: 'sqlite-vec',
  packages: ['sqlite-vec', 'libsql'],
  open(folder, dimensions) {
    const { getLoadablePath } = load('sqlite-vec') as { getLoadablePath: () => string };
    const database = new (load('libsql') as new (file: string) => Sqlite)(path.join(folder, 'peer.sqlite'));
    database.loadExtension(getLoadablePath());
    database.prepare('pragma journal_mode = wal').all();
    database.exec(
      `create virtual table things using vec0(embedding float[${dimensions}] distance_metric=cosine)`,
    );
    const add = database.prepare('insert into things(rowid, embedding) values (cast(? as integer), ?)');
    const find = database
      .prepare(
        `select rowid, distance from things where embedding match ? and k = ${LIMIT} order by distance`,
      )
      .raw();
    return Promise.resolve({
      insert(first, vectors) {
        database.exec('begin');
        for (const [i, vector] of vectors.entries()) add.run(first + i, bytesOf(vector));
        database.exec('commit');
        return Promise.resolve();
      },
      search: (query) =>
        Promise.resolve(find.all([bytesOf(query)]).map((row) => (row as readonly number[])[0])),
      close: () => {
        database.close();
      },
    });
  },
};

interface LanceTable {
  add(rows: unknown[]): Promise<unknown>;
  search(query: Float32Array): LanceQuery;
}
interface LanceQuery {
  distanceType(type: string): LanceQuery;
  limit(count: number): LanceQuery;
  toArray(): Promise<{ id: number }[]>;
}
interface Lance {
  connect(folder: string): Promise<{ createTable(name: string, rows: unknown[]): Promise<LanceTable> }>;
}

const lanceDb: Peer = {
  name: 'LanceDB, without an index',
  packages: ['@lancedb/lancedb'],
  async open(folder) {
    const database = await (load('@lancedb/lancedb') as Lance).connect(folder);
    let table: LanceTable | undefined;
    return {
      async insert(first, vectors) {
        const rows = vectors.map((vector, i) => ({ id: first + i, vector: [...vector] }));
        if (table === undefined) table = await database.createTable('things', rows);
        else await table.add(rows);
      },
      async search(query) {
        const found = await table?.search(query).distanceType('cosine').limit(LIMIT).toArray();
        return (found ?? []).map(({ id }) => id);
      },
      close: () => undefined,
    };
  },
};

function isInstalled(name: string): boolean {
  try {
    load.resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** Other engines on the same vectors, one after the other. */
export async function measurePeers(rows: number, dimensions: number): Promise<void> {
  for (const { name, packages, open } of [sqliteVec, lanceDb]) {
    const missing = packages.filter((each) => !isInstalled(each));
    if (missing.length > 0) {
      console.log(
        `${name}: not measured, for want of ${missing.join(' and ')}: npm i --no-save ${missing.join(' ')}`,
      );
      continue;
    }
    const folder = await mkdtemp(path.join(tmpdir(), 'clipgraph-bench-'));
    const collection = await open(folder, dimensions);
    try {
      const next = clustered({ dimensions });
      let ms = 0;
      for (let row = 0; row < rows; row += BATCH) {
        const vectors = Array.from({ length: Math.min(BATCH, rows - row) }, next);
        const start = performance.now();
        await collection.insert(row, vectors);
        ms += performance.now() - start;
      }
      console.log(
        `${name}, ${rows} × ${dimensions}: ${(rows / (ms / 1000)).toFixed(0)} vectors a second written`,
      );
      const queries = Array.from({ length: QUERIES }, next);
      await collection.search(queries[0]);
      console.log(`  one query: ${show(await timeAsync(QUERIES, (run) => collection.search(queries[run])))}`);
    } finally {
      collection.close();
      await rm(folder, { recursive: true });
    }
  }
}
