import { setMaxListeners } from 'node:events';
import { ClipgraphError } from 'clipgraph/store';
import pg from 'pg';
import { failureOf, isConflict, isLost } from './failures.js';
import type { Settings } from './options.js';

/** A transaction under way. */
export interface Session {
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** Reading that must be ended. */
export interface Snapshot extends Session {
  end(): Promise<void>;
}

export interface TransactionOptions {
  /** `snapshot`: all that is read is as it was at one moment. */
  readonly mode: 'read' | 'snapshot' | 'write';
  readonly signal?: AbortSignal | undefined;
}

type Mode = TransactionOptions['mode'];

const MODES = {
  read: 'begin read only',
  snapshot: 'begin isolation level repeatable read read only',
  // What is acknowledged is on the disk, also where the server was told not to wait for it.
  write: `begin; select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') = 'off'`,
} as const;
/** A reply may be late by this much on its way. */
const GRACE_MS = 5000;
/** When the store is closed, what runs has so long to end. */
const LAST_WORK_MS = 5000;

function closed(): ClipgraphError {
  return new ClipgraphError('STORE_UNAVAILABLE', 'The store postgres is closed.');
}

/** A connection that is lent out. */
interface Lent {
  readonly client: pg.PoolClient;
  readonly pid: number;
  /** Gives it back, or ends it. */
  readonly release: (isBroken: boolean) => void;
}

/**
 * The connections to a database. Everything runs in a transaction with settings of its own, so that nothing is left on a
 * connection: a pooler that lends them by transaction may stand in between.
 */
export class Connections {
  readonly #config: pg.PoolConfig;
  readonly #statementMs: number;
  readonly #pool: pg.Pool;
  /** Those that scans keep as long as somebody reads: their own, as a reader may search while it reads. */
  readonly #scans: pg.Pool;
  readonly #lone = new Set<pg.Client>();
  /** Lent out by each pool. */
  readonly #lent = new Set<pg.PoolClient>();
  readonly #reading = new Set<pg.PoolClient>();
  readonly #closing = new AbortController();
  #ended: Promise<void> | undefined;

  constructor({ url, poolSize, connectTimeoutMs, statementTimeoutMs }: Settings) {
    this.#statementMs = statementTimeoutMs;
    setMaxListeners(0, this.#closing.signal); // One for each that waits for a connection.
    this.#config = {
      connectionString: url,
      application_name: 'clipgraph',
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
    };
    const pool = (max: number, more: pg.PoolConfig = {}): pg.Pool => {
      const made = new pg.Pool({ ...this.#config, max, allowExitOnIdle: true, ...more });
      made.on('error', () => undefined); // An idle connection broke: the pool has dropped it.
      return made;
    };
    this.#pool = pool(poolSize, { query_timeout: statementTimeoutMs + GRACE_MS });
    this.#scans = pool(Math.max(2, Math.ceil(poolSize / 2)));
  }

  /**
   * Runs a transaction. What lost its connection before the end, or was in another's way, is tried once more.
   *
   * @throws STORE_UNAVAILABLE, OVERLOADED, TIMEOUT; the signal's reason; what `work` throws
   */
  async transaction<Result>(
    { mode, signal }: TransactionOptions,
    work: (session: Session) => Promise<Result>,
  ): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      const progress = { isCommitting: false };
      try {
        return await this.#attempt(mode, signal, work, progress);
      } catch (error) {
        signal?.throwIfAborted();
        if (this.#isClosed()) throw closed();
        const isWorthwhile = isConflict(error) || (isLost(error) && !progress.isCommitting);
        if (attempt > 1 || !isWorthwhile) throw failureOf(error);
      }
    }
  }

  /** A snapshot for as long as somebody reads: it must be ended. */
  async snapshot(signal: AbortSignal | undefined): Promise<Snapshot> {
    signal?.throwIfAborted();
    const { client, pid, release } = await this.#borrow(this.#scans, 'snapshot').catch((error: unknown) => {
      throw failureOf(error);
    });
    const query: Session['query'] = async (text, values) => {
      try {
        return await this.#query({ client, pid }, signal, text, values);
      } catch (error) {
        signal?.throwIfAborted();
        throw this.#isClosed() ? closed() : failureOf(error);
      }
    };
    // A cancelled connection is ended: the cancelling may come too late, and hit what runs next.
    const end = async (): Promise<void> => {
      release(signal?.aborted === true || !(await succeeds(client.query('rollback'))));
    };
    return { query, end };
  }

  /**
   * Runs statements that no transaction may hold, such as VACUUM, on a connection of their own without a time limit. When
   * the store is closed meanwhile the server finishes the statement that runs.
   */
  async alone<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    if (this.#isClosed()) throw closed();
    const client = new pg.Client(this.#config);
    client.on('error', () => undefined); // The statement that runs is told.
    this.#lone.add(client);
    try {
      await client.connect();
      return await work({ query: (text, values) => rowsOf(client, text, values) });
    } catch (error) {
      throw this.#isClosed() ? closed() : failureOf(error);
    } finally {
      this.#lone.delete(client);
      void client.end().catch(() => undefined);
    }
  }

  /** Ends what waits and what is read; lets what is being searched or written come to its end, for a while. */
  close(): Promise<void> {
    this.#ended ??= (async () => {
      this.#closing.abort();
      const patience = setTimeout(() => {
        this.#lent.forEach(destroy);
      }, LAST_WORK_MS);
      for (const client of [...this.#lone, ...this.#reading]) destroy(client);
      await Promise.all([this.#pool.end(), this.#scans.end()]);
      clearTimeout(patience);
    })();
    return this.#ended;
  }

  #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  async #attempt<Result>(
    mode: Mode,
    signal: AbortSignal | undefined,
    work: (session: Session) => Promise<Result>,
    progress: { isCommitting: boolean },
  ): Promise<Result> {
    signal?.throwIfAborted();
    const { client, pid, release } = await this.#borrow(this.#pool, mode);
    let isBroken = true;
    try {
      const result = await work({
        query: (text, values) => this.#query({ client, pid }, signal, text, values),
      });
      progress.isCommitting = true;
      await client.query('commit');
      isBroken = false;
      return result;
    } catch (error) {
      // A cancelled connection is ended: the cancelling may come too late, and hit what runs next.
      if (!isLost(error) && signal?.aborted !== true) {
        isBroken = !(await succeeds(client.query('rollback')));
      }
      throw error;
    } finally {
      release(isBroken);
    }
  }

  /** Lends a connection on which a transaction has begun; one that broke while nobody used it is replaced once. */
  async #borrow(pool: pg.Pool, mode: Mode): Promise<Lent> {
    try {
      return await this.#begin(pool, mode);
    } catch (error) {
      if (!isLost(error) || this.#isClosed()) throw error;
      return this.#begin(pool, mode);
    }
  }

  async #begin(pool: pg.Pool, mode: Mode): Promise<Lent> {
    const client = await this.#connect(pool);
    const lent = pool === this.#pool ? this.#lent : this.#reading;
    const ignore = (): void => undefined; // The statement that runs is told; without one, the next.
    client.on('error', ignore);
    lent.add(client);
    const release = (isBroken: boolean): void => {
      lent.delete(client);
      client.off('error', ignore);
      client.release(isBroken);
    };
    try {
      const timeout = pool === this.#pool ? this.#statementMs : 0;
      const begin = `${MODES[mode]}; set local statement_timeout = ${timeout}; select pg_backend_pid() as pid`;
      // Several statements have several results.
      const results = (await client.query(begin)) as unknown as pg.QueryResult<{ pid: number }>[];
      return { client, pid: results[results.length - 1].rows[0].pid, release };
    } catch (error) {
      release(true);
      throw error;
    }
  }

  /** A connection of the pool; who waits for one when the store is closed is told at once. */
  #connect(pool: pg.Pool): Promise<pg.PoolClient> {
    if (this.#isClosed()) throw closed();
    const { signal } = this.#closing;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        reject(closed());
      };
      signal.addEventListener('abort', leave, { once: true });
      void pool
        .connect()
        .then((client) => {
          if (signal.aborted) client.release(true);
          else resolve(client);
        }, reject)
        .finally(() => {
          signal.removeEventListener('abort', leave);
        });
    });
  }

  async #query<Row extends object>(
    { client, pid }: Pick<Lent, 'client' | 'pid'>,
    signal: AbortSignal | undefined,
    text: string,
    values: readonly unknown[] | undefined,
  ): Promise<Row[]> {
    signal?.throwIfAborted();
    const cancel = (): void => void this.#cancel(client, pid);
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await rowsOf<Row>(client, text, values);
    } finally {
      signal?.removeEventListener('abort', cancel);
      signal?.throwIfAborted();
    }
  }

  /** Ends the statement that a connection runs; the connection itself where that fails. */
  async #cancel(client: pg.PoolClient, pid: number): Promise<void> {
    try {
      await this.alone((session) => session.query('select pg_cancel_backend($1)', [pid]));
    } catch {
      destroy(client);
    }
  }
}

function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}

async function rowsOf<Row extends object>(
  client: pg.ClientBase,
  text: string,
  values: readonly unknown[] | undefined,
): Promise<Row[]> {
  return (await client.query<Row>(text, values === undefined ? undefined : [...values])).rows;
}

/** Breaks a connection: what runs on it is told, and the server goes on with it alone. */
function destroy(client: pg.ClientBase): void {
  const { connection } = client as unknown as {
    readonly connection: { readonly stream: { end(done: () => void): void; destroy(): void } };
  };
  // What was written before is sent first.
  connection.stream.end(() => {
    connection.stream.destroy();
  });
}
