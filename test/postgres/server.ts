import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { ACCOUNT } from './installation.js';

const USER = 'clipgraph';
/** For it to start, or to recover after it was killed, on a busy machine. */
const PATIENCE_MS = 60_000;
/** The server ends with whoever started it, however that ends: then the pipe that it reads from is closed. */
const TIED = '"$@" & server=$!; (read -r _; kill -QUIT $server 2>/dev/null) <&3 & wait $server';

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** A PostgreSQL with pgvector of a test's own, on loopback, with its files in a folder of its own. */
export class PostgresServer {
  readonly url: string;
  readonly #bin: string;
  readonly #folder: string;
  readonly #port: number;
  #process: ChildProcess | undefined;

  private constructor(bin: string, folder: string, port: number) {
    this.#bin = bin;
    this.#folder = folder;
    this.#port = port;
    this.url = `postgres://${USER}@127.0.0.1:${port}/postgres`;
  }

  /** @param bin the folder of its programs */
  static async start(bin: string): Promise<PostgresServer> {
    const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-postgres-'));
    chmodSync(folder, 0o700);
    if (ACCOUNT !== undefined) chownSync(folder, ACCOUNT.uid, ACCOUNT.gid);
    const server = new PostgresServer(bin, folder, await freePort());
    const { status, stderr } = spawnSync(
      path.join(bin, 'initdb'),
      ['-D', server.#data, '-U', USER, '--auth=trust', '--locale=C', '-E', 'UTF8', '--no-sync'],
      { ...ACCOUNT, cwd: folder, encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`initdb ended with ${status}: ${stderr}`);
    await server.start();
    return server;
  }

  get #data(): string {
    return path.join(this.#folder, 'data');
  }

  /** Starts it, for the first time or again, and waits until it answers. */
  async start(): Promise<void> {
    const settings = [
      `port=${this.#port}`,
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'fsync=off', // Killing a program loses nothing that it gave to the system.
      'max_connections=60',
    ];
    this.#process = spawn(
      '/bin/sh',
      [
        '-c',
        TIED,
        'sh',
        path.join(this.#bin, 'postgres'),
        '-D',
        this.#data,
        ...settings.flatMap((s) => ['-c', s]),
      ],
      { ...ACCOUNT, cwd: this.#folder, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] },
    );
    const tie = this.#process.stdio[3];
    this.#process.once('exit', () => tie?.destroy());
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      try {
        await this.query('select 1');
        return;
      } catch (error) {
        if (Date.now() > until) throw error;
        await delay(50);
      }
    }
  }

  /** Runs statements on a connection of their own. */
  async query(sql: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client(this.url);
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  get pid(): number {
    return Number(readFileSync(path.join(this.#data, 'postmaster.pid'), 'utf8').split('\n')[0]);
  }

  /** Ends it at once, as a crash would: the processes that serve connections end by themselves. */
  async kill(): Promise<void> {
    const ended = this.#process === undefined ? undefined : once(this.#process, 'exit');
    process.kill(this.pid, 'SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    if (this.#process !== undefined && this.#process.exitCode === null) {
      const ended = once(this.#process, 'exit');
      process.kill(this.pid, 'SIGINT');
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
