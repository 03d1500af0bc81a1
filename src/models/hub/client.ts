import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { VERSION } from '../../config/index.js';
import { ClipgraphError } from '../../errors/index.js';
import type { HubSettings } from './settings.js';

/** One state of a repository. */
export interface Repository {
  readonly id: string;
  /** The commit that the revision stood for when it was asked. */
  readonly commit: string;
  /** Paths of its files. */
  readonly files: readonly string[];
}

/** A file of a repository, as the hub describes it before it is fetched. */
export interface RemoteFile {
  readonly path: string;
  /** SHA-256 of large files, Git's SHA-1 of the others; the file's name in the cache. */
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  /** On the hub; leads to where the bytes are. */
  readonly url: string;
}

/** How long and how often is waited; milliseconds. */
export interface Patience {
  /** Without a byte. */
  readonly stallMs: number;
  readonly retries: number;
  /** Before the first retry; doubled for each next one. A Retry-After of the hub's counts instead. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
}

const PATIENCE: Patience = { stallMs: 30_000, retries: 5, firstWaitMs: 500, longestWaitMs: 60_000 };
const MAX_REDIRECTS = 5;
const RETRIED = new Set([408, 429, 500, 502, 503, 504]);

const repositorySchema = z.object({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  siblings: z.array(z.object({ rfilename: z.string() })).optional(),
});
const treeSchema = z.array(z.object({ type: z.string(), path: z.string() }));
const discussionsSchema = z.object({
  discussions: z.array(
    z.object({
      num: z.number().int(),
      isPullRequest: z.boolean().default(false),
      author: z.object({ name: z.string() }).nullish(),
      status: z.string().optional(),
    }),
  ),
});
/** The hub's own robot: pull requests of anybody else are not looked at. */
const CONVERTER = 'SFconvertbot';

/** A request that failed in a way that another attempt may mend. */
class TemporaryError extends Error {
  constructor(
    message: string,
    readonly waitMs?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** `W/"abc"` and `"abc"` are abc. */
function bare(etag: string): string {
  return etag.replace(/^W\//, '').replaceAll('"', '');
}

/** Seconds, or a date. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** fetch says what happened in its error's cause, with a message or a code. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: NodeJS.ErrnoException; message?: string };
  return (
    [cause?.message, cause?.code, message].find((text) => text !== undefined && text !== '') ?? String(error)
  );
}

/** Talks to a hub in the protocol of huggingface.co. */
export class HubClient {
  readonly #settings: HubSettings;
  readonly #patience: Patience;

  constructor(settings: HubSettings, patience: Partial<Patience> = {}) {
    this.#settings = settings;
    this.#patience = { ...PATIENCE, ...patience };
  }

  /**
   * What a revision is, and which files it has.
   *
   * @param revision a branch, a tag, a commit, or `refs/pr/N`
   * @throws MODEL_NOT_FOUND for a repository or revision that is missing or private; MODEL_UNAVAILABLE when it is gated,
   *   or the hub can't be reached
   */
  async repository(id: string, revision: string): Promise<Repository> {
    const url = `${this.#settings.endpoint}/api/models/${id}/revision/${encodeURIComponent(revision)}`;
    const { sha, siblings } = await this.#json(url, repositorySchema, id, revision);
    const files = siblings?.map(({ rfilename }) => rfilename) ?? (await this.#tree(id, sha));
    return { id, commit: sha, files };
  }

  /** The paths of a commit's files, for hubs that don't list them otherwise. */
  async #tree(id: string, commit: string): Promise<string[]> {
    const url = `${this.#settings.endpoint}/api/models/${id}/tree/${commit}?recursive=true`;
    const entries = await this.#json(url, treeSchema, id, commit);
    return entries.filter(({ type }) => type === 'file').map(({ path }) => path);
  }

  /** The revisions in which the hub's robot has converted this repository to safetensors, the newest first. */
  async conversions(id: string): Promise<string[]> {
    const query = `type=pull_request&status=all&author=${CONVERTER}`;
    const url = `${this.#settings.endpoint}/api/models/${id}/discussions?${query}`;
    try {
      const { discussions } = await this.#json(url, discussionsSchema, id, 'main');
      return discussions
        .filter(({ isPullRequest, author }) => isPullRequest && author?.name === CONVERTER)
        .map(({ num }) => `refs/pr/${num}`)
        .reverse();
    } catch (error) {
      // A hub that tells nothing of discussions has no conversions: there is the .bin.
      if (error instanceof ClipgraphError) return [];
      throw error;
    }
  }

  /**
   * @throws as `repository`; MODEL_UNAVAILABLE for a file that is not there
   */
  file(id: string, commit: string, path: string): Promise<RemoteFile> {
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    const url = `${this.#settings.endpoint}/${id}/resolve/${encodeURIComponent(commit)}/${encoded}`;
    return this.#patiently(id, undefined, async (within) => {
      // Redirects within the hub (a renamed repository) are followed; the one to the bytes carries what is asked here.
      const response = await this.#request(url, { method: 'HEAD' }, within, 'hub');
      await response.body?.cancel();
      this.#check(response, id, commit, path);
      const etag = response.headers.get('x-linked-etag') ?? response.headers.get('etag');
      const isHere = response.status < 300;
      const stated =
        response.headers.get('x-linked-size') ?? (isHere ? response.headers.get('content-length') : null);
      const size = stated ?? (etag === null ? null : await this.#sizeOf(url, within));
      if (etag === null || size === null || !/^\d+$/.test(size) || !/^[\w-]+$/.test(bare(etag))) {
        const message = `The hub's answer about ${path} of ${id} states no ETag or no size.`;
        throw new ClipgraphError('MODEL_UNAVAILABLE', message);
      }
      return { path, etag: bare(etag), size: Number(size), url };
    });
  }

  /** Bytes of a file, for hubs that don't state it: its first byte is asked for, and the answer says of how many. */
  async #sizeOf(url: string, signal: AbortSignal): Promise<string | null> {
    const response = await this.#request(url, { headers: { range: 'bytes=0-0' } }, signal, 'anywhere');
    await response.body?.cancel();
    if (response.status === 200) return response.headers.get('content-length');
    return /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.at(1) ?? null;
  }

  /**
   * Bytes `[from, to)` of a file, handed to `onBytes` as they come, each once and in order; a connection that breaks or
   * stalls is taken up again where it was.
   *
   * @throws MODEL_UNAVAILABLE when it can't be read
   */
  async read(
    id: string,
    file: RemoteFile,
    [from, to]: readonly [number, number],
    onBytes: (bytes: Uint8Array, at: number) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    let at = from;
    while (at < to) {
      const before = at;
      await this.#patiently(id, signal, async (within, alive) => {
        const isWhole = at === 0 && to === file.size;
        const range = `bytes=${at}-${to - 1}`;
        const headers = isWhole ? undefined : { range };
        const response = await this.#request(file.url, { headers }, within, 'anywhere');
        this.#check(response, id, 'main', file.path);
        const { status, body } = response;
        // 200: the whole file, whatever was asked for.
        let position = status === 206 ? at : 0;
        if (body === null) throw new TemporaryError('the answer is empty');
        try {
          for await (const chunk of body as AsyncIterable<Uint8Array>) {
            alive();
            const skipped = Math.max(0, Math.min(chunk.length, at - position));
            const wanted = chunk.subarray(skipped, skipped + Math.max(0, to - at));
            position += chunk.length;
            if (wanted.length === 0) continue;
            await onBytes(wanted, at);
            at += wanted.length;
            if (at === to) return;
          }
        } catch (cause) {
          if (within.aborted || cause instanceof ClipgraphError || isFileError(cause)) throw cause;
          // What has come is kept: getting on counts as a fresh start, not as an attempt.
          if (at > before) return;
          throw new TemporaryError(`the connection broke: ${reasonOf(cause)}`, undefined, { cause });
        }
        if (at < to && at === before) throw new TemporaryError('the connection ended early');
      });
    }
  }

  async #json<Schema extends z.ZodType>(
    url: string,
    schema: Schema,
    id: string,
    revision: string,
  ): Promise<z.infer<Schema>> {
    return this.#patiently(id, undefined, async (within) => {
      const response = await this.#request(url, {}, within, 'hub');
      this.#check(response, id, revision);
      const parsed = schema.safeParse(await response.json().catch(() => undefined));
      if (parsed.success) return parsed.data;
      throw new ClipgraphError('MODEL_UNAVAILABLE', `The hub's answer about ${id} is not understood.`, {
        cause: parsed.error,
      });
    });
  }

  /**
   * One request, redirects followed by hand: the token goes to the hub only.
   *
   * @param reach `hub`: a redirect to another host is the answer; `anywhere`: it is followed
   */
  async #request(
    url: string,
    { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> | undefined },
    signal: AbortSignal,
    reach: 'hub' | 'anywhere',
  ): Promise<Response> {
    const { endpoint, token } = this.#settings;
    let target = new URL(url);
    for (let redirects = 0; ; redirects++) {
      const isHub = target.origin === new URL(endpoint).origin;
      const response = await fetch(target, {
        method,
        redirect: 'manual',
        signal,
        headers: {
          'user-agent': `clipgraph/${VERSION}; node/${process.versions.node}`,
          'accept-encoding': 'identity',
          ...headers,
          ...(isHub && token !== undefined && { authorization: `Bearer ${token}` }),
        },
      });
      const location = response.headers.get('location');
      if (response.status < 300 || response.status >= 400 || location === null) return response;
      const next = new URL(location, target);
      if (reach === 'hub' && next.origin !== target.origin) return response;
      await response.body?.cancel();
      if (redirects === MAX_REDIRECTS || !/^https?:$/.test(next.protocol)) {
        throw new ClipgraphError('MODEL_UNAVAILABLE', 'The hub redirects too often, or to what is not HTTP.');
      }
      if (target.protocol === 'https:' && next.protocol === 'http:') {
        throw new ClipgraphError('MODEL_UNAVAILABLE', 'The hub redirects from https to http.');
      }
      target = next;
    }
  }

  /** Tries again what failed for a while; `alive` says that the attempt gets on. */
  async #patiently<Value>(
    id: string,
    signal: AbortSignal | undefined,
    attempt: (within: AbortSignal, alive: () => void) => Promise<Value>,
  ): Promise<Value> {
    const { endpoint, isOffline } = this.#settings;
    if (isOffline) {
      const message =
        `The model ${id} is not in the cache, and the hub may not be asked (HF_HUB_OFFLINE). ` +
        'Unset it, or fetch the model elsewhere and share the cache.';
      throw new ClipgraphError('MODEL_UNAVAILABLE', message);
    }
    const { stallMs, retries, firstWaitMs, longestWaitMs } = this.#patience;
    for (let tries = 0; ; tries++) {
      signal?.throwIfAborted();
      const stalled = new AbortController();
      const stop = (): void => {
        stalled.abort(new TemporaryError(`no byte came for ${stallMs / 1000} s`));
      };
      let timer = setTimeout(stop, stallMs);
      const alive = (): void => {
        clearTimeout(timer);
        timer = setTimeout(stop, stallMs);
      };
      const signals = [stalled.signal, ...(signal === undefined ? [] : [signal])];
      try {
        return await attempt(AbortSignal.any(signals), alive);
      } catch (cause) {
        signal?.throwIfAborted();
        if (cause instanceof ClipgraphError || isFileError(cause)) throw cause;
        const reason: unknown = stalled.signal.aborted ? stalled.signal.reason : cause;
        if (tries >= retries) {
          const message =
            `The model ${id} cannot be fetched from ${new URL(endpoint).host}: ${reasonOf(reason)}. ` +
            'Check the network and HF_ENDPOINT; what has come is kept, and the next attempt goes on from there.';
          throw new ClipgraphError('MODEL_UNAVAILABLE', message, { cause });
        }
        const asked = reason instanceof TemporaryError ? reason.waitMs : undefined;
        const wait = Math.min(longestWaitMs, asked ?? firstWaitMs * 2 ** tries);
        await sleep(wait, undefined, { signal });
      } finally {
        clearTimeout(timer);
      }
    }
  }

  /**
   * @throws MODEL_NOT_FOUND, MODEL_UNAVAILABLE with what to do; a temporary error for what may pass
   */
  #check({ ok, status, headers }: Response, id: string, revision: string, file?: string): void {
    if (ok || (status >= 300 && status < 400)) return;
    const { endpoint, token } = this.#settings;
    const code = headers.get('x-error-code');
    const host = new URL(endpoint).host;
    if (RETRIED.has(status))
      throw new TemporaryError(`it answers ${status}`, retryAfter(headers.get('retry-after')));
    if (code === 'GatedRepo' || (status === 403 && code === null)) {
      const message =
        `The model ${id} is gated: its terms have to be accepted at ${endpoint}/${id}` +
        (token === undefined
          ? ', and HF_TOKEN set to a token of that account.'
          : ' by the account of HF_TOKEN.');
      throw new ClipgraphError('MODEL_UNAVAILABLE', message);
    }
    if (code === 'RevisionNotFound')
      throw new ClipgraphError('MODEL_NOT_FOUND', `The model ${id} has no revision "${revision}".`);
    if (code === 'EntryNotFound' || (status === 404 && file !== undefined && code === null))
      throw new ClipgraphError('MODEL_UNAVAILABLE', `The model ${id} has no file ${file ?? ''}.`);
    if (status === 401 && token !== undefined && code === null) {
      const message = `${host} does not accept the token of HF_TOKEN (401). Set another, or unset it.`;
      throw new ClipgraphError('MODEL_UNAVAILABLE', message);
    }
    if (status === 401 || status === 403 || status === 404) {
      const message =
        `There is no model ${id} on ${host}, or it is private. Check the name` +
        (token === undefined
          ? '; for a private one, set HF_TOKEN.'
          : ', and that the account of HF_TOKEN may read it.');
      throw new ClipgraphError('MODEL_NOT_FOUND', message);
    }
    throw new ClipgraphError(
      'MODEL_UNAVAILABLE',
      `${host} answers ${status} when it is asked for the model ${id}.`,
    );
  }
}

/** The disk's failure, not the network's: another attempt would meet it again. */
function isFileError(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EACCES' || code === 'EROFS' || code === 'EIO' || code === 'EDQUOT';
}
