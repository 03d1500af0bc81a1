import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A repository of the test's hub. */
export interface HubRepository {
  readonly files: Readonly<Record<string, Buffer>>;
  readonly access?: 'public' | 'private' | 'gated';
  /** More revisions: pull requests of the hub's converter, tags. */
  readonly revisions?: Readonly<Record<string, Readonly<Record<string, Buffer>>>>;
  readonly pullRequests?: readonly { num: number; author: string }[];
}

/** What goes wrong with one request for bytes. */
export interface Fault {
  /** The connection breaks after this part of what was asked for. */
  readonly breakAt?: number;
  /** One byte is another one. */
  readonly isWrong?: boolean;
  readonly status?: number;
  readonly retryAfter?: string;
  /** What the first byte waits for. */
  readonly holds?: (hasLeft: () => boolean) => Promise<unknown>;
  /** Ranges are not known: the whole file is sent. */
  readonly ignoresRange?: boolean;
  /** Bytes a second. */
  readonly rate?: number;
}

export interface Seen {
  readonly host: 'hub' | 'store';
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
}

export const TOKEN = 'hf_right';
/** The other way to sign in: as a mirror asks for it. */
export const MIRROR = { user: 'reader', password: 'p@ss word' } as const;
const SIGNED_IN = [
  `Bearer ${TOKEN}`,
  `Basic ${Buffer.from(`${MIRROR.user}:${MIRROR.password}`).toString('base64')}`,
];
const CHUNK = 64 * 1024;

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function gitSha1(bytes: Buffer): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

/** Large files are kept in the store, as with Git LFS; the others on the hub itself. */
const isLarge = (file: string): boolean => /\.(safetensors|bin|onnx)$/.test(file);

/** The commit of a state: any change of the files is another one. */
export function commitOf(files: Readonly<Record<string, Buffer>>): string {
  const hash = createHash('sha1');
  for (const [name, bytes] of Object.entries(files)) hash.update(name).update(bytes);
  return hash.digest('hex');
}

async function listening(server: http.Server, host: string): Promise<number> {
  server.listen(0, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/**
 * A hub that speaks huggingface.co's protocol on this machine: the API and `resolve` URLs on 127.0.0.1, the bytes of large
 * files behind a redirect to localhost, another host.
 */
export class HubServer {
  readonly seen: Seen[] = [];
  /** For requests for bytes, one after the other; the rest goes well. */
  faults: (Fault | undefined)[] = [];
  /** For every request for bytes. */
  always: Fault = {};
  /** For requests to the API. */
  apiFaults: Fault[] = [];
  bytesSent = 0;
  readonly #repositories: Readonly<Record<string, HubRepository>>;
  readonly #hub: http.Server;
  readonly #store: http.Server;
  #hubPort = 0;
  #storePort = 0;

  constructor(repositories: Readonly<Record<string, HubRepository>>) {
    this.#repositories = repositories;
    const guarded =
      (
        host: Seen['host'],
        answer: (request: http.IncomingMessage, response: http.ServerResponse) => Promise<void>,
      ) =>
      (request: http.IncomingMessage, response: http.ServerResponse) => {
        const { method = '', url = '', headers } = request;
        this.seen.push({ host, method, url, authorization: headers.authorization, range: headers.range });
        answer(request, response).catch(() => response.destroy());
      };
    this.#hub = http.createServer(guarded('hub', (request, response) => this.#answer(request, response)));
    this.#store = http.createServer(
      guarded('store', (request, response) => this.#serveStore(request, response)),
    );
  }

  async start(): Promise<this> {
    this.#hubPort = await listening(this.#hub, '127.0.0.1');
    this.#storePort = await listening(this.#store, 'localhost');
    return this;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#hubPort}`;
  }

  async stop(): Promise<void> {
    for (const server of [this.#hub, this.#store]) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', this.endpoint);
    const say = (status: number, code?: string, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { ...(code !== undefined && { 'X-Error-Code': code }), ...headers });
      response.end(status >= 400 ? JSON.stringify({ error: code ?? 'failed' }) : undefined);
    };
    const [, id, kind, rest] =
      /^\/(?:api\/models\/)?([\w.-]+\/[\w.-]+)\/(resolve|revision|tree|discussions)\/?(.*)$/.exec(
        url.pathname,
      ) ?? [];
    const { authorization } = request.headers;
    if (authorization !== undefined && !SIGNED_IN.includes(authorization)) {
      say(401);
      return;
    }
    const repository = this.#repositories[id] as HubRepository | undefined;
    const isSignedIn = authorization !== undefined;
    if (repository === undefined || (repository.access === 'private' && !isSignedIn)) {
      // As the hub: without a token, what is missing looks as what is private.
      say(isSignedIn ? 404 : 401, 'RepoNotFound');
      return;
    }
    const fault = kind === 'resolve' ? undefined : this.apiFaults.shift();
    if (fault?.status !== undefined) {
      say(fault.status, undefined, fault.retryAfter === undefined ? {} : { 'Retry-After': fault.retryAfter });
      return;
    }
    if (kind === 'discussions') {
      const discussions = (repository.pullRequests ?? []).map(({ num, author }) => ({
        ...{ num, title: 'Adding `safetensors` variant of this model', status: 'open', isPullRequest: true },
        author: { name: author },
      }));
      response.end(JSON.stringify({ discussions, count: discussions.length, start: 0 }));
      return;
    }
    const [revision, ...parts] = rest.split('/').map(decodeURIComponent);
    const states = { main: repository.files, ...repository.revisions };
    const files = Object.entries(states).find(
      ([name, state]) => name === revision || commitOf(state) === revision,
    )?.[1];
    if (files === undefined) {
      say(404, 'RevisionNotFound');
      return;
    }
    if (kind === 'tree') {
      const entries = Object.entries(files).map(([name, bytes]) => ({
        ...{ type: 'file', path: name, size: bytes.length, oid: gitSha1(bytes) },
        ...(isLarge(name) && { lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 134 } }),
      }));
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(entries));
      return;
    }
    if (kind === 'revision') {
      const siblings = Object.keys(files).map((rfilename) => ({ rfilename }));
      const about = { id, sha: commitOf(files), private: false, gated: false, siblings };
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(about));
      return;
    }
    if (repository.access === 'gated' && !isSignedIn) {
      say(401, 'GatedRepo');
      return;
    }
    const file = parts.join('/');
    const bytes = files[file] as Buffer | undefined;
    if (bytes === undefined) {
      say(404, 'EntryNotFound');
      return;
    }
    const commit = commitOf(files);
    if (isLarge(file)) {
      response.writeHead(302, {
        'X-Repo-Commit': commit,
        'X-Linked-Etag': `"${sha256(bytes)}"`,
        'X-Linked-Size': String(bytes.length),
        Location: `http://localhost:${this.#storePort}/${id}/${commit}/${file}?signature=abc`,
      });
      response.end();
      return;
    }
    await this.#send(request, response, bytes, { 'X-Repo-Commit': commit, ETag: `"${gitSha1(bytes)}"` }, {});
  }

  async #serveStore(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const [, owner, name, commit, ...parts] = new URL(request.url ?? '', 'http://store').pathname.split('/');
    const repository = this.#repositories[`${owner}/${name}`];
    const states = [repository.files, ...Object.values(repository.revisions ?? {})];
    const files = states.find((state) => commitOf(state) === commit) ?? {};
    await this.#send(
      request,
      response,
      files[parts.join('/')],
      {},
      { ...this.always, ...this.faults.shift() },
    );
  }

  async #send(
    request: http.IncomingMessage,
    response: http.ServerResponse,
    bytes: Buffer,
    headers: Record<string, string>,
    fault: Fault,
  ): Promise<void> {
    await fault.holds?.(() => response.destroyed);
    if (fault.status !== undefined) {
      response.writeHead(
        fault.status,
        fault.retryAfter === undefined ? {} : { 'Retry-After': fault.retryAfter },
      );
      response.end();
      return;
    }
    const range =
      fault.ignoresRange === true ? null : /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const from = Number(range?.[1] ?? 0);
    const to =
      range === null || range[2] === '' ? bytes.length : Math.min(bytes.length, Number(range[2]) + 1);
    const body = Buffer.from(bytes.subarray(from, to));
    if (fault.isWrong === true) body[Math.floor(body.length / 2)] ^= 1;
    response.writeHead(range === null ? 200 : 206, {
      ...headers,
      'Content-Length': String(body.length),
      'Accept-Ranges': 'bytes',
      ...(range !== null && { 'Content-Range': `bytes ${from}-${to - 1}/${bytes.length}` }),
    });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    const end = fault.breakAt === undefined ? body.length : Math.floor(body.length * fault.breakAt);
    for (let at = 0; at < end && !response.destroyed; at += CHUNK) {
      const chunk = body.subarray(at, Math.min(end, at + CHUNK));
      this.bytesSent += chunk.length;
      await new Promise((resolve) => response.write(chunk, resolve));
      if (fault.rate !== undefined) await sleep((1000 * chunk.length) / fault.rate);
    }
    if (end < body.length) response.destroy();
    else response.end();
  }
}
