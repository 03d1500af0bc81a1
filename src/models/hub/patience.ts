import { setTimeout as sleep } from 'node:timers/promises';
import { ClipgraphError } from '../../errors/index.js';
import { errnoOf } from '../files/failures.js';

/** How long and how often is waited; milliseconds. */
export interface Patience {
  /** Without a byte. */
  readonly stallMs: number;
  readonly retries: number;
  /** Before the first retry; doubled for each next one. A Retry-After of the hub's counts instead. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
}

export const PATIENCE: Patience = { stallMs: 30_000, retries: 5, firstWaitMs: 500, longestWaitMs: 60_000 };

/** A request that failed in a way that another attempt may mend. */
export class TemporaryError extends Error {
  constructor(
    message: string,
    readonly waitMs?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** An error and its causes, ten at most; the innermost first. */
function causesOf(error: unknown, most = 10): readonly NodeJS.ErrnoException[] {
  if (typeof error !== 'object' || error === null || most === 0) return [];
  const outer = error as NodeJS.ErrnoException;
  return [...causesOf(outer.cause, most - 1), outer];
}

/** What happened, as the innermost cause says it, in a message or a code: fetch wraps what a proxy answered twice. */
export function reasonOf(error: unknown): string {
  const texts = causesOf(error).flatMap<unknown>(({ message, code }) => [message, code]);
  return String(texts.find((text) => typeof text === 'string' && text !== '') ?? error);
}

const OF_THE_DISK = new Set(['ENOSPC', 'EACCES', 'EPERM', 'EROFS', 'EIO', 'EDQUOT', 'EMFILE', 'ENFILE']);

/** The disk's failure, not the network's: another attempt would meet it again. */
export function isFileError(error: unknown): boolean {
  return OF_THE_DISK.has(errnoOf(error) ?? '');
}

/**
 * Tries again what failed for a while.
 *
 * @param signal ends the waiting
 * @param attempt is given a signal that ends it when no byte comes for too long, and `alive` to say that it gets on
 * @throws what is final at once; the last reason, when all attempts have failed
 */
export async function patiently<Value>(
  { stallMs, retries, firstWaitMs, longestWaitMs }: Patience,
  signal: AbortSignal | undefined,
  attempt: (within: AbortSignal, alive: () => void) => Promise<Value>,
): Promise<Value> {
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
      if (tries >= retries) throw reason;
      const asked = reason instanceof TemporaryError ? reason.waitMs : undefined;
      await sleep(Math.min(longestWaitMs, asked ?? firstWaitMs * 2 ** tries), undefined, { signal });
    } finally {
      clearTimeout(timer);
    }
  }
}
