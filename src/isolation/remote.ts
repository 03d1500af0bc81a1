import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { DONE } from './done.js';
import type { Isolation, Link, Start } from './link.js';
import { watchResident } from './memory.js';
import type { FromWorker } from './messages.js';
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

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export interface RemoteOptions extends Program {
  /** What the worker is, for messages and the log: `runtime cpu`. */
  readonly title: string;
  readonly isolation?: Isolation;
  readonly start?: Start;
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
  /** Bytes for the handler, which may be many: they are sent in parts, so that the event loop goes on meanwhile. */
  readonly payload?: Uint8Array | undefined;
  /** Milliseconds after which the worker, once it has started, counts as hanging and is killed. */
  readonly watchdogMs?: number | undefined;
  /** Count, of those, only what a process computes; by the clock where the system does not say. Default false. */
  readonly isProcessorTime?: boolean;
}

/** Serialising this much takes less than a millisecond. */
const PART_BYTES = 512 * 1024;
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
    this.#link = link({ entry, inPlace }, isolation, start, {
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
    });
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
    if (payload !== undefined) await this.#sendParts(id, payload);
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#link.send({ id, method, params });
    });
    const cancel = (): void => {
      this.#link.send({ cancel: id });
    };
    signal?.addEventListener('abort', cancel, { once: true });
    const settled = new AbortController();
    if (watchdogMs !== undefined) void this.#watch(watchdogMs, isProcessorTime, settled.signal);
    try {
      return await answer;
    } finally {
      settled.abort(DONE);
      signal?.removeEventListener('abort', cancel);
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

  async #sendParts(id: number, payload: Uint8Array): Promise<void> {
    for (let at = 0; at < payload.length; at += PART_BYTES) {
      if (at > 0) await nextTurn();
      if (this.#lost !== undefined) throw this.#lost;
      this.#link.send({ id, part: payload.subarray(at, at + PART_BYTES) });
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
