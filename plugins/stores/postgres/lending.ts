import { setMaxListeners } from 'node:events';
import { ClipgraphError } from 'clipgraph/store';
import pg from 'pg';
import { isLost } from './failures.js';

/** `snapshot`: all that is read is as it was at one moment. */
export type Mode = 'read' | 'snapshot' | 'write';

const BEGIN: Readonly<Record<Mode, string>> = {
  read: 'begin read only',
  snapshot: 'begin isolation level repeatable read read only',
  // What is acknowledged is on the disk, also where the server was told not to wait for it.
  write: `begin; select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') = 'off'`,
};

/** A connection that is lent out, with a transaction on it. */
export interface Lent {
  readonly client: pg.PoolClient;
  /** The process of the server that serves it. */
  readonly pid: number;
  /** Gives it back, or ends it. */
  readonly release: (isBroken: boolean) => void;
}

export function closed(): ClipgraphError {
  return new ClipgraphError('STORE_UNAVAILABLE', 'The store postgres is closed.');
}

/** Breaks a connection: what runs on it is told, and the server goes on with it alone. */
export function destroy(client: pg.ClientBase): void {
  const { connection } = client as unknown as {
    readonly connection: { readonly stream: { destroy(): void } };
  };
  connection.stream.destroy();
}

/** Lends connections to one database. */
export class Lending {
  readonly #pool: pg.Pool;
  readonly #statementMs: number;
  readonly #lent = new Set<pg.PoolClient>();
  readonly #closing = new AbortController();

  /** @param statementMs of one statement, at most; 0: without end */
  constructor(config: pg.PoolConfig, statementMs: number) {
    this.#statementMs = statementMs;
    this.#pool = new pg.Pool({ ...config, allowExitOnIdle: true });
    this.#pool.on('error', () => undefined); // An idle connection broke: the pool has dropped it.
    setMaxListeners(0, this.#closing.signal); // One for each that waits for a connection.
  }

  /** Lends a connection on which a transaction has begun; one that broke while nobody used it is replaced once. */
  async borrow(mode: Mode): Promise<Lent> {
    try {
      return await this.#begin(mode);
    } catch (error) {
      if (!isLost(error)) throw error;
      return this.#begin(mode);
    }
  }

  /** Tells those that wait, and waits for what is lent out, for a while. */
  async close(patienceMs: number): Promise<void> {
    this.#closing.abort();
    const patience = setTimeout(() => {
      this.#lent.forEach(destroy);
    }, patienceMs);
    await this.#pool.end();
    clearTimeout(patience);
  }

  async #begin(mode: Mode): Promise<Lent> {
    const client = await this.#connect();
    const ignore = (): void => undefined; // The statement that runs is told; without one, the next.
    client.on('error', ignore);
    this.#lent.add(client);
    const release = (isBroken: boolean): void => {
      this.#lent.delete(client);
      client.off('error', ignore);
      client.release(isBroken);
    };
    try {
      const begin = `${BEGIN[mode]}; set local statement_timeout = ${this.#statementMs}; select pg_backend_pid() as pid`;
      // Several statements have several results.
      const results = (await client.query(begin)) as unknown as pg.QueryResult<{ pid: number }>[];
      return { client, pid: results[results.length - 1].rows[0].pid, release };
    } catch (error) {
      release(true);
      throw error;
    }
  }

  /** A connection of the pool; who waits for one when the store is closed is told at once. */
  #connect(): Promise<pg.PoolClient> {
    const { signal } = this.#closing;
    if (signal.aborted) throw closed();
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        reject(closed());
      };
      signal.addEventListener('abort', leave, { once: true });
      void this.#pool
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
}
