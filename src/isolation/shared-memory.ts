import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, ftruncateSync, openSync, read, unlinkSync, writev } from 'node:fs';
import { promisify } from 'node:util';

/** Where bytes lie in memory that a program shares with its server. */
export interface SharedSpan {
  readonly offset: number;
  readonly length: number;
}

/** The descriptor under which a process that runs apart finds it: after the standard ones and that of the messages. */
export const SHARED_DESCRIPTOR = 4;
/** Linux's file system that is memory. */
const FOLDER = '/dev/shm';
/** Bytes that one program's spans may take together; above it, messages carry them. */
const MOST_BYTES = 512 * 2 ** 20;

/** Milliseconds after which memory that nobody uses is given back: fresh memory costs a page fault every 4 kB. */
const IDLE_MS = 5000;

const writeParts = promisify(writev);

/**
 * Memory that a process shares with its server: a file without a name in a file system that is memory. What is written and read
 * is copied in other threads, so that no event loop stands still. What nobody uses for a while is given back, and nothing is left
 * behind when both sides are gone.
 */
export class SharedMemory {
  readonly descriptor: number;
  /** In the order of their places. */
  readonly #spans: SharedSpan[] = [];
  readonly #idle: NodeJS.Timeout;
  #writing = 0;
  #isClosed = false;

  private constructor(descriptor: number, idleMs: number) {
    this.descriptor = descriptor;
    this.#idle = setTimeout(() => {
      if (this.#spans.length === 0 && !this.#isClosed) ftruncateSync(descriptor);
    }, idleMs).unref();
  }

  /**
   * @param idleMs milliseconds after which it is given back while nothing is held
   * @returns undefined where the system has none
   */
  static open(idleMs = IDLE_MS): SharedMemory | undefined {
    if (process.platform !== 'linux' || !existsSync(FOLDER)) return undefined;
    const name = `${FOLDER}/clipgraph-${randomUUID()}`;
    try {
      const descriptor = openSync(name, 'wx+', 0o600);
      unlinkSync(name);
      return new SharedMemory(descriptor, idleMs);
    } catch {
      return undefined;
    }
  }

  /**
   * Puts bytes there, one part after the other. They must not change meanwhile.
   *
   * @returns where they are; undefined where there is no room
   */
  async write(parts: readonly Uint8Array[]): Promise<SharedSpan | undefined> {
    if (this.#isClosed) return undefined;
    const span = this.#take(parts.reduce((sum, { length }) => sum + length, 0));
    if (span === undefined) return undefined;
    this.#writing++;
    try {
      const { bytesWritten } = await writeParts(this.descriptor, parts, span.offset);
      if (bytesWritten === span.length) return span;
    } catch {
      // A container may have little of it.
    } finally {
      this.#writing--;
      this.#closeWhenDone();
    }
    this.free(span);
    return undefined;
  }

  /** Whoever read them needs them no more. */
  free(span: SharedSpan): void {
    const at = this.#spans.indexOf(span);
    if (at >= 0) this.#spans.splice(at, 1);
    if (this.#spans.length === 0 && !this.#isClosed) this.#idle.refresh();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#idle);
    this.#closeWhenDone();
  }

  /** A descriptor that is closed under a write may be another file's by then. */
  #closeWhenDone(): void {
    if (this.#isClosed && this.#writing === 0) closeSync(this.descriptor);
  }

  /** The first gap that is large enough. */
  #take(length: number): SharedSpan | undefined {
    let offset = 0;
    let at = 0;
    for (const span of this.#spans) {
      if (span.offset - offset >= length) break;
      offset = span.offset + span.length;
      at++;
    }
    if (offset + length > MOST_BYTES) return undefined;
    const span = { offset, length };
    this.#spans.splice(at, 0, span);
    return span;
  }
}

/** What a program reads of the memory that it shares with its server. Its arrays are used again, until none was for a while. */
export class SharedReader {
  readonly #free: Uint8Array[] = [];
  readonly #idle: NodeJS.Timeout = setTimeout(() => this.#free.splice(0), IDLE_MS).unref();

  /**
   * Reads a span, and lends the bytes for as long as they are worked with.
   *
   * @throws what the system does
   */
  async use({ offset, length }: SharedSpan, work: (bytes: Uint8Array) => unknown): Promise<unknown> {
    const array = this.#lend(length);
    try {
      const bytes = array.subarray(0, length);
      await readWhole(bytes, offset);
      return await work(bytes);
    } finally {
      this.#free.push(array);
      this.#idle.refresh();
    }
  }

  #lend(length: number): Uint8Array {
    const array = this.#free.pop();
    return array !== undefined && array.length >= length ? array : new Uint8Array(length);
  }
}

async function readWhole(bytes: Uint8Array, offset: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesRead } = await promisify(read)(SHARED_DESCRIPTOR, bytes, at, bytes.length - at, offset + at);
    if (bytesRead === 0) throw new RangeError('The shared memory ends too early.');
    at += bytesRead;
  }
}
