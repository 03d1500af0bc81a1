import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { DONE } from './done.js';
import type { Isolation, Link, Start } from './link.js';
import { watchResident } from './memory.js';
import type { FromWorker, ToWorker } from './messages.js';
import { SharedMemory, type SharedSpan } from './shared-memory.js';
import { link, type Program } from './start-program.js';
import { startFailure } from './start-failure.js';
import { startWatchdog } from './watchdog.js';
import { fromWireError } from './wire-error.js';

/**
 * Why a worker is gone: it was `not started`, or not in time, which is no fault of what it was to do; it `crashed`, or exited; it was `killed` from
 * outside, as systems do that run out of memory; it did not answer in time; it took too much `memory`, its own heap's or the
 * machine's; or it was `ended` here.
 */
export type Loss = 'not started' | 'crashed' | 'killed' | 'hung' | 'memory' | 'ended';

/** The other side ended before it answered. Its message says how; what it printed is for the log alone. */
export class WorkerLost extends Error {
  override readonly name = 'WorkerLost';
  readonly loss: Loss;
  /** The last lines that it printed. */
  readonly output: readonly string[];
  /** What the operator can do, where a limit of the system kept it from starting. */
  readonly remedy: string | undefined;

  constructor(message: string, loss: Loss = 'crashed', output: readonly string[] = [], remedy?: string) {
    super(message);
    this.loss = loss;
    this.output = output;
    this.remedy = remedy;
  }
}

type Request = Extract<ToWorker, { readonly method: string }>;

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export interface RemoteOptions extends Program {
  /** What the worker is, for messages and the log: `runtime cpu`. */
  readonly title: string;
  readonly isolation?: Isolation;
  readonly start?: Omit<Start, 'memory'>;
  /** Whether a process is to share memory with the server, for large payloads. Default false. */
  readonly sharesMemory?: boolean;
  /** Resident memory at which it is ended. No limit if absent, for a thread, and off Linux. */
  readonly memoryLimitMb?: number | undefined;
  /** How often its memory is looked at. Default 250. */
  readonly memoryCheckMs?: number;
  /** Milliseconds by the clock within which it must have started; what it is asked counts from then on. Default 120,000. */
  readonly startMs?: number;
  /** Called with each line that the worker prints. */
  readonly onOutput?: (line: string) => void;
  /** Called when the worker ended without being asked to, with the last lines that it printed. */
  readonly onLost?: (reason: string, loss: Loss, output: readonly string[]) => void;
}

interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * Bytes for the handler, one part after the other, which may be many: they are put into shared memory, or sent in parts, so that
   * the event loop goes on meanwhile.
   */
  readonly payload?: readonly Uint8Array[] | undefined;
  /** Milliseconds after which the worker, once it has started, counts as hanging and is killed. */
  readonly watchdogMs?: number | undefined;
  /** Count, of those, only what a process computes; by the clock where the system does not say. Default false. */
  readonly isProcessorTime?: boolean;
}

/** Serialising this much takes less than a millisecond. */
const PART_BYTES = 512 * 1024;
/** Fewer bytes are sent sooner than they are put elsewhere and read there. */
const LEAST_SHARED_BYTES = 256 * 1024;
/** Lines kept to explain an early end. */
const REMEMBERED_LINES = 5;
const MEMORY_CHECK_MS = 250;
/** A busy machine with a slow disk takes tens of seconds. */
const START_MS = 120_000;
/** What V8 prints before it aborts: `FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory`. */
const HEAP_FULL = /^FATAL ERROR: .*heap out of memory/;

/** Requests to one worker, a process or a thread. Lives as long as the worker does. */
export class Remote {
  readonly #pending = new Map<number, Pending>();
  readonly #title: string;
  readonly #link: Link;
  readonly #memory: SharedMemory | undefined;
  readonly #lines: string[] = [];
  readonly #exited: Promise<void>;
  /** Never settled where it does not start. */
  readonly #started: Promise<void>;
  #nextId = 1;
  #lost: WorkerLost | undefined;
  #isClosing = false;

  constructor(options: RemoteOptions) {
    const { title, entry, inPlace, isolation = 'process', start = {}, startMs = START_MS } = options;
    const { onOutput, onLost } = options;
    this.#title = title;
    let markExited: () => void;
    let isHeapFull = false;
    let markStarted: () => void;
    let isStarted = false;
    this.#exited = new Promise((resolve) => (markExited = resolve));
    this.#started = new Promise((resolve) => (markStarted = resolve));
    const startTimer = setTimeout(() => {
      this.#end(`did not start within ${startMs} ms and was ended`, 'not started');
    }, startMs).unref();
    const sharesMemory = options.sharesMemory === true && isolation === 'process';
    this.#memory = sharesMemory ? SharedMemory.open() : undefined;
    this.#link = link(
      { entry, inPlace },
      isolation,
      { ...start, memory: this.#memory },
      {
        onMessage: (message) => {
          if (!('ready' in message)) {
            this.#settle(message);
            return;
          }
          clearTimeout(startTimer);
          isStarted = true;
          markStarted();
        },
        onExit: (reason, { isKilled = false, remedy } = {}) => {
          clearTimeout(startTimer);
          const own = isStarted ? 'crashed' : 'not started';
          // What it met itself while it loaded its modules, it has printed.
          const met = isStarted ? undefined : startFailure({ message: this.#lines.join(' ') });
          const isLimit = remedy === undefined && met?.remedy !== undefined;
          const what = isLimit ? met.reason : reason;
          const loss = isKilled ? 'killed' : isHeapFull ? 'memory' : own;
          this.#lost ??= new WorkerLost(`The ${title} ${what}.`, loss, this.#lines, remedy ?? met?.remedy);
          stopWatching();
          this.#memory?.close();
          for (const { reject } of this.#pending.values()) reject(this.#lost);
          this.#pending.clear();
          if (!this.#isClosing) onLost?.(this.#lost.message, this.#lost.loss, this.#lines);
          markExited();
        },
        onOutput: (line) => {
          isHeapFull ||= HEAP_FULL.test(line);
          if (this.#lines.push(line) > REMEMBERED_LINES) this.#lines.shift();
          onOutput?.(line);
        },
      },
    );
    const stopWatching = this.#watchMemory(options);
  }

  get pid(): number | undefined {
    return this.#link.pid;
  }

  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /**
   * Sends a request and waits for its answer.
   *
   * @throws WorkerLost when the worker ends first, or hangs; what the other side threw otherwise
   */
  async call(
    method: string,
    params: unknown,
    { signal, payload, watchdogMs, isProcessorTime = false }: CallOptions = {},
  ): Promise<unknown> {
    if (this.#lost !== undefined) throw this.#lost;
    signal?.throwIfAborted();
    const id = this.#nextId++;
    const shared = payload && (await this.#share(payload));
    const settled = new AbortController();
    try {
      if (shared !== undefined) signal?.throwIfAborted();
      else if (payload !== undefined) await this.#sendParts(id, payload);
      const answer = this.#ask({ id, method, params, shared });
      const cancel = (): void => {
        this.#link.send({ cancel: id });
      };
      signal?.addEventListener('abort', cancel, { once: true, signal: settled.signal });
      if (watchdogMs !== undefined) void this.#watch(watchdogMs, isProcessorTime, settled.signal);
      return await answer;
    } finally {
      settled.abort(DONE);
      if (shared !== undefined) this.#memory?.free(shared);
    }
  }

  /** Ends the worker at once, as a crash would. */
  kill(): void {
    this.#end('was ended', 'ended');
  }

  /** Asks the worker to end, and ends it if it does not within `graceMs`. */
  async close(graceMs = 2000): Promise<void> {
    this.#isClosing = true;
    if (this.#lost === undefined) {
      this.#link.send({ id: 0, method: 'exit', params: undefined });
      const grace = new AbortController();
      await Promise.race([
        this.#exited,
        delay(graceMs, undefined, { signal: grace.signal }).catch(() => undefined),
      ]);
      grace.abort(DONE);
      this.#link.kill();
    }
    await this.#exited;
  }

  /** Ends the worker when it has not answered, so long after it has started. */
  async #watch(ms: number, isProcessorTime: boolean, settled: AbortSignal): Promise<void> {
    await this.#started;
    if (settled.aborted) return;
    const stop = startWatchdog({ pid: this.pid, ms, isProcessorTime }, () => {
      this.#end(`did not answer within ${ms} ms and was ended`, 'hung');
    });
    settled.addEventListener('abort', stop, { once: true });
  }

  #end(what: string, loss: Loss): void {
    this.#lost ??= new WorkerLost(`The ${this.#title} ${what}.`, loss, this.#lines);
    this.#link.kill();
  }

  #watchMemory({ memoryLimitMb, memoryCheckMs = MEMORY_CHECK_MS }: RemoteOptions): () => void {
    const { pid } = this;
    if (memoryLimitMb === undefined || pid === undefined) return () => undefined;
    const limits = { limitBytes: memoryLimitMb * 2 ** 20, everyMs: memoryCheckMs };
    return watchResident(pid, limits, (bytes) => {
      const held = Math.round(bytes / 2 ** 20);
      this.#end(`held ${held} MB, its limit is ${memoryLimitMb} MB, and was ended`, 'memory');
    });
  }

  #ask(request: Request): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#pending.set(request.id, { resolve, reject });
      this.#link.send(request);
    });
  }

  async #share(payload: readonly Uint8Array[]): Promise<SharedSpan | undefined> {
    const bytes = payload.reduce((sum, { length }) => sum + length, 0);
    if (this.#memory === undefined || bytes < LEAST_SHARED_BYTES) return undefined;
    const span = await this.#memory.write(payload);
    if (this.#lost !== undefined) throw this.#lost;
    return span;
  }

  async #sendParts(id: number, payload: readonly Uint8Array[]): Promise<void> {
    let isFirst = true;
    for (const bytes of payload) {
      for (let at = 0; at < bytes.length; at += PART_BYTES) {
        if (!isFirst) await nextTurn();
        isFirst = false;
        if (this.#lost !== undefined) throw this.#lost;
        this.#link.send({ id, part: bytes.subarray(at, at + PART_BYTES) });
      }
    }
  }

  #settle(message: Exclude<FromWorker, { readonly ready: true }>): void {
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (pending === undefined) return;
    if ('result' in message) {
      pending.resolve(message.result);
      return;
    }
    pending.reject(fromWireError(message.error));
  }
}
