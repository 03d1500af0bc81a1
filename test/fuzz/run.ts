import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { residentBytes } from '../../src/isolation/memory.js';
import { childrenOf, residentBytesOfTree } from '../processes.js';
import { runServerApart, type ServerApart } from '../server-apart.js';
import { COLLECTIONS, fillCaches, ITEMS } from './caches.js';
import { ask, type Asked } from './request.js';

export interface FuzzOptions {
  readonly seed: number;
  readonly requests: number;
  /** The first one's number: what is found can be found again with few. */
  readonly from?: number;
  /** Requests before memory is first measured; they are of the run's kinds, and others than its own. */
  readonly warmUp?: number;
  /** Told now and then how many are done. */
  readonly onProgress?: (done: number, report: FuzzReport) => void;
}

export interface Memory {
  readonly server: NodeJS.MemoryUsage;
  /** The server's and those that it has started; one that was ended at a bound starts again when it is needed. */
  readonly processes: number;
  /** Resident bytes of the server with its processes. */
  readonly tree: number;
}

export interface FuzzReport {
  /** By kind and how it ended. */
  readonly ends: Record<string, number>;
  readonly unanswered: string[];
  /** How processes were lost, and what the server calls unexpected. */
  readonly crashes: string[];
  readonly unmasked: string[];
  /** Of a turn of the event loop, in milliseconds on a core, and where. */
  longestTurnMs: number;
  longestTurnAt: string;
  /** Turns over `LONGEST_TURN_MS`, each with the requests that were under way. */
  readonly longTurns: string[];
  before: Memory | undefined;
  after: Memory | undefined;
}

export const LONGEST_TURN_MS = 200;
const LIMIT_MS = 30_000;
/** A request's own time limit, and what a busy machine may add. */
const PATIENCE_MS = LIMIT_MS + 30_000;
/** Requests whose turns are measured together, and those of them that are under way at once. */
const ROUND = 32;
const AT_ONCE = 8;
/** Where the numbers of the warm-up begin: not among those of the run. */
const WARM_UP_FROM = 10 ** 8;
const SETTLE_MS = 3000;
/** As the Dockerfile has them. */
const MEMORY_SETTINGS = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_TRIM_THRESHOLD_: '131072',
  // Bodies come in parts of 64 kB: below glibc's own threshold, where one small piece above them keeps them all.
  MALLOC_MMAP_THRESHOLD_: '32768',
};

const short = (text: string): string => text.replaceAll(/\s+/g, ' ').slice(0, 300);

/** Losses of processes that are bounds at work, not crashes: a decoder over its memory or its time. */
function isBound(warning: string): boolean {
  return /"loss":"(?:memory|hung|ended)"/.test(warning);
}

async function measure(server: ServerApart, report: FuzzReport): Promise<Memory> {
  await delay(SETTLE_MS);
  const { memory, warnings } = await server.collect();
  for (const warning of warnings) {
    if (isBound(warning)) count(report, 'bound: a process was ended');
    else report.crashes.push(warning.slice(0, 3000));
  }
  return {
    server: memory,
    tree: residentBytesOfTree(server.pid),
    processes: 1 + childrenOf(server.pid).length,
  };
}

function count({ ends }: FuzzReport, what: string): void {
  ends[what] = (ends[what] ?? 0) + 1;
}

/** The first code of an answer, or of a model that was not opened. */
function outcome(text: string): string {
  return /"code":"([A-Z_]+)"/.exec(text.slice(0, 5000))?.[1] ?? /^([A-Z_]+): /.exec(text)?.[1] ?? 'good';
}

function note(report: FuzzReport, { kind, index, end, leak, text }: Asked): void {
  count(report, `${kind}: ${end}${end === 'answered' ? `, ${outcome(text)}` : ''}`);
  const line = `request ${index} (${kind}): ${short(text)}`;
  if (end === 'unanswered') report.unanswered.push(line);
  if (end === 'failed') report.crashes.push(line);
  if (leak !== undefined) report.unmasked.push(`${line} [${short(leak)}]`);
}

/** Sends requests, a few at once, and measures the turns of the event loop meanwhile. */
async function round(
  server: ServerApart,
  { seed }: FuzzOptions,
  numbers: readonly number[],
  report: FuzzReport,
): Promise<void> {
  const asked: Asked[] = [];
  const left = [...numbers];
  const client = async (): Promise<void> => {
    for (let index = left.shift(); index !== undefined; index = left.shift()) {
      asked.push(await ask(server, seed, index, PATIENCE_MS));
    }
  };
  const turn = await server.longestTurnMs(() => Promise.all(Array.from({ length: AT_ONCE }, client)));
  for (const each of asked) note(report, each);
  const where = `requests ${numbers[0]} to ${numbers[numbers.length - 1]}`;
  if (turn > report.longestTurnMs) {
    report.longestTurnMs = turn;
    report.longestTurnAt = where;
  }
  if (turn > LONGEST_TURN_MS) report.longTurns.push(`${turn.toFixed(0)} ms: ${where}`);
}

/** Sends as many requests to a server of its own. @returns what became of them; it throws for nothing that they do */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { requests, from = 0, warmUp = 0, onProgress } = options;
  const report: FuzzReport = {
    ends: {},
    unanswered: [],
    crashes: [],
    unmasked: [],
    longestTurnMs: 0,
    longestTurnAt: '',
    longTurns: [],
    before: undefined,
    after: undefined,
  };
  const folder = mkdtempSync(path.join(tmpdir(), 'fuzz-store-'));
  const server = await runServerApart(
    // A cache and collections that are soon full.
    {
      limits: { timeoutMs: LIMIT_MS, maxCollections: COLLECTIONS.length, maxCollectionItems: ITEMS },
      cache: { maxBytes: 2 ** 20 },
      stores: { embedded: { path: folder } },
    },
    { environment: MEMORY_SETTINGS },
  );
  try {
    for (const [first, total] of [
      [WARM_UP_FROM, warmUp],
      [from, requests],
    ]) {
      if (first === from) {
        await fillCaches(server);
        report.before = await measure(server, report);
      }
      for (let done = 0; done < total; done += ROUND) {
        const numbers = Array.from({ length: Math.min(ROUND, total - done) }, (_, i) => first + done + i);
        await round(server, options, numbers, report);
        onProgress?.(Math.min(total, done + ROUND), report);
      }
    }
    report.after = await measure(server, report);
    const children = childrenOf(server.pid).filter((pid) => residentBytes(pid) !== undefined);
    if (children.length === 0) report.crashes.push('No process of the server is left.');
  } catch (error) {
    report.crashes.push(
      server.ended === undefined
        ? String(error instanceof Error ? error.stack : error)
        : `The server ${server.ended}.`,
    );
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return report;
}
