import { z } from 'zod';
import { ClipgraphError } from '../../errors/index.js';
import { isFileError, PATIENCE, patiently, reasonOf, type Patience } from './patience.js';
import { readRange } from './ranged-read.js';
import { checkAnswer } from './refusals.js';
import { request, type HubRequest, type Response } from './request.js';
import type { HubSettings } from './settings.js';

export type { Patience } from './patience.js';

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
/** A list of a hundred thousand files has some 10 MB. */
const MAX_JSON_BYTES = 64 * 2 ** 20;

/** `W/"abc"` and `"abc"` are abc. */
function bare(etag: string): string {
  return etag.replace(/^W\//, '').replaceAll('"', '');
}

/** The text of an answer; undefined when it is longer than any list of files. */
async function boundedText({ body }: Response): Promise<string | undefined> {
  if (body === null) return '';
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > MAX_JSON_BYTES) return undefined; // Leaving the loop ends the connection.
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
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
    const path = `revision/${encodeURIComponent(revision)}`;
    const { sha, siblings } = await this.#json(path, repositorySchema, id, revision);
    const files = siblings?.map(({ rfilename }) => rfilename) ?? (await this.#tree(id, sha));
    return { id, commit: sha, files };
  }

  /** The paths of a commit's files, for hubs that don't list them otherwise. */
  async #tree(id: string, commit: string): Promise<string[]> {
    const entries = await this.#json(`tree/${commit}?recursive=true`, treeSchema, id, commit);
    return entries.filter(({ type }) => type === 'file').map(({ path }) => path);
  }

  /** The revisions in which the hub's robot has converted this repository to safetensors, the newest first. */
  async conversions(id: string): Promise<string[]> {
    const path = `discussions?type=pull_request&status=all&author=${CONVERTER}`;
    try {
      const { discussions } = await this.#json(path, discussionsSchema, id, 'main');
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
    return this.#attempt(id, undefined, async (signal) => {
      // Redirects within the hub (a renamed repository) are followed; the one to the bytes carries what is asked here.
      const response = await this.#request(url, { method: 'HEAD', signal, reach: 'hub' });
      await response.body?.cancel();
      checkAnswer(response, { id, revision: commit, file: path }, this.#settings);
      const etag = response.headers.get('x-linked-etag') ?? response.headers.get('etag');
      const isHere = response.status < 300;
      const stated =
        response.headers.get('x-linked-size') ?? (isHere ? response.headers.get('content-length') : null);
      const size = stated ?? (etag === null ? null : await this.#sizeOf(url, signal));
      if (etag === null || size === null || !/^\d+$/.test(size) || !/^[\w-]+$/.test(bare(etag))) {
        const message = `The hub's answer about ${path} of ${id} states no ETag or no size.`;
        throw new ClipgraphError('MODEL_UNAVAILABLE', message);
      }
      return { path, etag: bare(etag), size: Number(size), url };
    });
  }

  /** Bytes of a file, for hubs that don't state it: its first byte is asked for, and the answer says of how many. */
  async #sizeOf(url: string, signal: AbortSignal): Promise<string | null> {
    const headers = { range: 'bytes=0-0' };
    const response = await this.#request(url, { headers, signal, reach: 'anywhere' });
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
  read(
    id: string,
    { url, path, size }: RemoteFile,
    range: readonly [number, number],
    onBytes: (bytes: Uint8Array, at: number) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    return readRange({
      size,
      range,
      onBytes,
      ask: async (asked, within) => {
        const headers = asked === undefined ? undefined : { range: asked };
        const response = await this.#request(url, { headers, signal: within, reach: 'anywhere' });
        checkAnswer(response, { id, revision: 'main', file: path }, this.#settings);
        return response;
      },
      attempt: (work) => this.#attempt(id, signal, work),
    });
  }

  /** What the hub's API says of a model, at a path under the model's own. */
  #json<Schema extends z.ZodType>(
    path: string,
    schema: Schema,
    id: string,
    revision: string,
  ): Promise<z.infer<Schema>> {
    const url = `${this.#settings.endpoint}/api/models/${id}/${path}`;
    return this.#attempt(id, undefined, async (signal) => {
      const response = await this.#request(url, { signal, reach: 'hub' });
      checkAnswer(response, { id, revision }, this.#settings);
      const answer = schema.safeParse(parsed(await boundedText(response)));
      if (answer.success) return answer.data;
      throw new ClipgraphError('MODEL_UNAVAILABLE', `The hub's answer about ${id} is not understood.`, {
        cause: answer.error,
      });
    });
  }

  #request(url: string, asked: HubRequest): Promise<Response> {
    return request(url, asked, this.#settings);
  }

  async #attempt<Value>(
    id: string,
    signal: AbortSignal | undefined,
    work: (within: AbortSignal, alive: () => void) => Promise<Value>,
  ): Promise<Value> {
    const { endpoint, isOffline } = this.#settings;
    if (isOffline) {
      const message =
        `The model ${id} is not in the cache, and the hub may not be asked (HF_HUB_OFFLINE). ` +
        'Unset it, or fetch the model elsewhere and share the cache.';
      throw new ClipgraphError('MODEL_UNAVAILABLE', message);
    }
    try {
      return await patiently(this.#patience, signal, work);
    } catch (cause) {
      if (cause instanceof ClipgraphError || isFileError(cause) || signal?.aborted === true) throw cause;
      const message =
        `The model ${id} cannot be fetched from ${new URL(endpoint).host}: ${reasonOf(cause)}. ` +
        'Check the network, the proxy (HTTPS_PROXY, NO_PROXY) and HF_ENDPOINT; what has come is kept, and the next attempt goes on from there.';
      throw new ClipgraphError('MODEL_UNAVAILABLE', message, { cause });
    }
  }
}
