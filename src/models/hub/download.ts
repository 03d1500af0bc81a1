import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { open, readFile, rename, rm, stat, statfs, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { ClipgraphError } from '../../errors/index.js';
import type { RepositoryCache } from './cache.js';
import type { HubClient, RemoteFile } from './client.js';
import { inParallel } from './in-parallel.js';
import { withLock } from './lock.js';
import { makeFolder } from '../files/make-folder.js';

/** Large enough that a connection is worth it, small enough that little is lost when the program ends. */
const PIECE_BYTES = 16 * 2 ** 20;
const CONNECTIONS = 4;
/** What is left free on the disk beside the files. */
const SPARE_BYTES = 64 * 2 ** 20;

/** Told of bytes that are on the disk: those of an earlier attempt first. */
export type OnBytes = (bytes: number) => void;

/**
 * Whether a file has the digest that its ETag states: SHA-256 for large files, for the others Git's SHA-1 (over a header and the
 * bytes), for which some mirrors state that of the bytes alone.
 */
export async function hasDigest(file: string, etag: string): Promise<boolean> {
  const { size } = await stat(file);
  const hashes =
    etag.length === 64
      ? [createHash('sha256')]
      : [createHash('sha1').update(`blob ${size}\0`), createHash('sha1')];
  for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 20 })) {
    for (const hash of hashes) hash.update(chunk as Buffer);
  }
  return hashes.some((hash) => hash.digest('hex') === etag);
}

/** ETags of another form are not digests: then only the size is compared. */
export function isDigest(etag: string): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(etag);
}

/**
 * The file that is being written, and beside it the list of its finished pieces, so that another start goes on from there.
 * The names differ from those of Python's client, which would take any bytes for the file's beginning.
 */
class UnfinishedFile {
  readonly #blob: string;
  readonly #path: string;
  readonly #journalPath: string;

  constructor(blob: string) {
    this.#blob = blob;
    this.#path = `${blob}.clipgraph.incomplete`;
    this.#journalPath = `${blob}.clipgraph.pieces.incomplete`;
  }

  async finishedPieces(): Promise<Set<number>> {
    if (!existsSync(this.#path) || !existsSync(this.#journalPath)) return new Set();
    const lines = (await readFile(this.#journalPath, 'utf8')).split('\n');
    // The last line is empty, or was cut off.
    return new Set(lines.slice(0, -1).map(Number));
  }

  async write(work: (file: FileHandle, journal: FileHandle) => Promise<void>): Promise<void> {
    const file = await open(this.#path, existsSync(this.#path) ? 'r+' : 'w');
    try {
      const journal = await open(this.#journalPath, 'a');
      try {
        await work(file, journal);
        await file.sync();
      } finally {
        await journal.close();
      }
    } finally {
      await file.close();
    }
  }

  /** Whether it is what the hub states; of an ETag that is no digest, only the size can be compared. */
  async isRight({ etag, size }: RemoteFile): Promise<boolean> {
    return isDigest(etag) ? hasDigest(this.#path, etag) : (await stat(this.#path)).size === size;
  }

  async finish(): Promise<void> {
    await rename(this.#path, this.#blob);
    await rm(this.#journalPath, { force: true });
  }

  async discard(): Promise<void> {
    await rm(this.#journalPath, { force: true });
    await rm(this.#path, { force: true });
  }
}

async function fetchPieces(
  client: HubClient,
  id: string,
  file: RemoteFile,
  unfinished: UnfinishedFile,
  onBytes: OnBytes,
  signal: AbortSignal,
): Promise<void> {
  const finished = await unfinished.finishedPieces();
  const pieces = Array.from({ length: Math.ceil(file.size / PIECE_BYTES) }, (_, piece) => piece);
  const rangeOf = (piece: number): [number, number] => [
    piece * PIECE_BYTES,
    Math.min(file.size, (piece + 1) * PIECE_BYTES),
  ];
  const kept = pieces.filter((piece) => finished.has(piece)).map(rangeOf);
  onBytes(kept.reduce((sum, [from, to]) => sum + to - from, 0));
  const missing = pieces.filter((piece) => !finished.has(piece));
  await unfinished.write(async (handle, journal) => {
    await inParallel(
      missing,
      CONNECTIONS,
      async (piece, within) => {
        const write = async (bytes: Uint8Array, at: number): Promise<void> => {
          let written = 0;
          while (written < bytes.length) {
            const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, at + written);
            written += bytesWritten;
          }
          onBytes(bytes.length);
        };
        await client.read(id, file, rangeOf(piece), write, within);
        await journal.write(`${piece}\n`);
      },
      signal,
    );
  });
}

/**
 * Fetches one file into the cache, unless it is there: in pieces over several connections, going on from an earlier
 * attempt, checked against its digest before it gets its name. Another process that wants the same file waits for this one.
 *
 * @throws MODEL_UNAVAILABLE when it can't be fetched, or twice came with a wrong digest
 */
export async function download(
  client: HubClient,
  cache: RepositoryCache,
  id: string,
  file: RemoteFile,
  onBytes: OnBytes,
): Promise<void> {
  const blob = cache.blob(file.etag);
  if (existsSync(blob)) {
    onBytes(file.size);
    return;
  }
  await makeFolder(path.dirname(blob));
  await withLock(await cache.lockFile(file.etag), async (lost) => {
    if (existsSync(blob)) {
      onBytes(file.size);
      return;
    }
    // Lost when this process was away for so long that another one took it for dead.
    await fetchWhole(client, id, file, new UnfinishedFile(blob), onBytes, lost).catch((cause: unknown) => {
      if (!lost.aborted) throw cause;
      const message = `Another process has taken over the download of ${file.path} of ${id}.`;
      throw new ClipgraphError('MODEL_UNAVAILABLE', message, { cause });
    });
  });
}

/** Fetches a file, checks it and gives it its name. */
async function fetchWhole(
  client: HubClient,
  id: string,
  file: RemoteFile,
  unfinished: UnfinishedFile,
  onBytes: OnBytes,
  signal: AbortSignal,
): Promise<void> {
  for (let tries = 0; ; tries++) {
    let reported = 0;
    const report: OnBytes = (bytes) => {
      reported += bytes;
      onBytes(bytes);
    };
    await fetchPieces(client, id, file, unfinished, report, signal);
    if (await unfinished.isRight(file)) break;
    await unfinished.discard();
    onBytes(-reported);
    if (tries === 1) {
      const message =
        `The file ${file.path} of ${id} does not have the digest that the hub states, and was thrown away twice. ` +
        'Something between the hub and here changes what it carries.';
      throw new ClipgraphError('MODEL_UNAVAILABLE', message);
    }
  }
  signal.throwIfAborted();
  await unfinished.finish();
}

/**
 * @throws MODEL_UNAVAILABLE when the disk has less room than is needed
 */
export async function checkSpace(folder: string, bytes: number): Promise<void> {
  await makeFolder(folder);
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= bytes + SPARE_BYTES) return;
  const message = `The disk has ${inMegabytes(free)} free, and ${inMegabytes(bytes)} are needed. Make room, or set HF_HUB_CACHE to a folder on another disk.`;
  throw new ClipgraphError('MODEL_UNAVAILABLE', message);
}

function inMegabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}
