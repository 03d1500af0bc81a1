import pg from 'pg';
import { failureOf, isConflict, isLost } from './failures.js';
import { closed, destroy, Lending, type Lent, type Mode } from './lending.js';
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
  readonly mode: Mode;
  readonly signal?: AbortSignal | undefined;
}

/** A reply may be late by this much on its way. */
const GRACE_MS = 5000;
/** When the store is closed, what runs has so long to end. */
const LAST_WORK_MS = 5000;

/**
 * The connections to a database. Everything runs in a transaction with settings of its own, so that nothing is left on a
 * connection: a pooler that lends them by transaction may stand in between.
 */
export class Connections {
  readonly #config: pg.ClientConfig;
  readonly #work: Lending;
  /** Those that scans keep as long as somebody reads: their own, as a reader may search while it reads. */
  readonly #reading: Lending;
  readonly #alone = new Set<pg.Client>();
  #ended: Promise<unknown> | undefined;

  constructor({ url, poolSize, connectTimeoutMs, statementTimeoutMs }: Settings) {
    this.#config = {
      connectionString: url,
      application_name: 'clipgraph',
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
    };
    const work = { ...this.#config, max: poolSize, query_timeout: statementTimeoutMs + GRACE_MS };
    this.#work = new Lending(work, statementTimeoutMs);
    this.#reading = new Lending({ ...this.#config, max: Math.max(2, Math.ceil(poolSize / 2)) }, 0);
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
    const { client, pid, release } = await this.#reading.borrow('snapshot').catch((error: unknown) => {
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
    this.#alone.add(client);
    try {
      await client.connect();
      return await work({ query: (text, values) => rowsOf(client, text, values) });
    } catch (error) {
      throw this.#isClosed() ? closed() : failureOf(error);
    } finally {
      this.#alone.delete(client);
      void client.end().catch(() => undefined);
    }
  }

  /** Ends what waits and what is read; lets what is being searched or written come to its end, for a while. */
  async close(): Promise<void> {
    this.#ended ??= Promise.all([this.#work.close(LAST_WORK_MS), this.#reading.close(0)]);
    for (const client of this.#alone) leave(client);
    await this.#ended;
  }

  #isClosed(): boolean {
    return this.#ended !== undefined;
  }

  async #attempt<Result>(
    mode: Mode,
    signal: AbortSignal | undefined,
    work: (session: Session) => Promise<Result>,
    progress: { isCommitting: boolean },
  ): Promise<Result> {
    signal?.throwIfAborted();
    const { client, pid, release } = await this.#work.borrow(mode);
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

/** Leaves a connection to the server, which still has what was written to it. */
function leave(client: pg.ClientBase): void {
  const { connection } = client as unknown as {
    readonly connection: { readonly stream: { end(done: () => void): void } };
  };
  connection.stream.end(() => {
    destroy(client);
  });
}
