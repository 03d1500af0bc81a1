import { randomUUID } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf } from '../files/failures.js';

/** How locks are kept; milliseconds. */
export interface LockTimes {
  /** A lock whose owner has not been heard of for so long is nobody's. */
  readonly staleMs: number;
  /** How often it is looked whether it is free. */
  readonly pollMs: number;
}

const TIMES: LockTimes = { staleMs: 10_000, pollMs: 250 };

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return undefined;
    throw cause;
  }
}

/** Makes the file, unless it is there. */
async function create(file: string, text: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    try {
      await handle.writeFile(text);
    } finally {
      await handle.close();
    }
    return true;
  } catch (cause) {
    if (errnoOf(cause) === 'EEXIST') return false;
    throw cause;
  }
}

/** What is seen of a lock: its owner, and when that one was last heard of. */
async function signOf(file: string): Promise<string | undefined> {
  try {
    const { mtimeMs } = await stat(file);
    return `${mtimeMs} ${(await textOf(file)) ?? ''}`;
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return undefined;
    throw cause;
  }
}

/** What tells this process from all others: where its number counts, its number, and chance. */
function newOwner(): string {
  return `${placeOfNumbers()}.${process.pid}.${randomUUID()}`.replaceAll(/[^\w.-]/g, '_');
}

/** Process numbers mean the same within one namespace of one machine: containers may share a host's name. */
function placeOfNumbers(): string {
  try {
    return `${hostname()}.${/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? ''}`;
  } catch {
    return hostname(); // No Linux.
  }
}

/** Whether an owner's process has ended, as far as can be known from here. */
function hasEnded(owner: string): boolean {
  const place = placeOfNumbers().replaceAll(/[^\w.-]/g, '_');
  const pid = owner.startsWith(`${place}.`) ? owner.slice(place.length + 1).split('.')[0] : '';
  if (!/^\d+$/.test(pid)) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (cause) {
    return errnoOf(cause) === 'ESRCH';
  }
}

/**
 * Takes away the lock of an owner that is gone. Of several who see that, one does it: whoever makes the file that is named
 * after the owner; the lock of a new owner has another name and is left.
 */
async function takeAway(file: string, { staleMs }: LockTimes): Promise<void> {
  const owner = await textOf(file);
  if (owner === undefined) return;
  const right = `${file}.${/^[\w.-]{1,200}$/.test(owner) ? owner : 'unknown'}.gone`;
  if (!(await create(right, ''))) {
    const { mtimeMs } = await stat(right).catch(() => ({ mtimeMs: Infinity }));
    if (Date.now() - mtimeMs > staleMs) await rm(right, { force: true }); // Whoever had it has died, too.
    return;
  }
  if ((await textOf(file)) === owner) await rm(file, { force: true });
  await rm(right, { force: true });
}

/**
 * Runs `work` while this process holds the lock: a file that only one can make, whose time its owner renews. It works over
 * network file systems and between machines whose clocks differ, since a lock is stale when its time has not changed for
 * as long as whoever waits has measured. That of a process of this machine that has ended is taken at once.
 *
 * @param work its signal is aborted when the lock is lost, as after a long sleep of the machine
 */
export async function withLock<Result>(
  file: string,
  work: (lost: AbortSignal) => Promise<Result>,
  times: LockTimes = TIMES,
): Promise<Result> {
  const owner = newOwner();
  let seen: string | undefined;
  let seenAt = performance.now();
  while (!(await create(file, owner))) {
    const sign = await signOf(file);
    if (sign !== seen) [seen, seenAt] = [sign, performance.now()];
    const isStale = sign !== undefined && performance.now() - seenAt > times.staleMs;
    if (isStale || hasEnded(sign?.slice(sign.indexOf(' ') + 1) ?? '')) await takeAway(file, times);
    else await delay(times.pollMs);
  }
  const lost = new AbortController();
  const renew = async (): Promise<void> => {
    try {
      if ((await textOf(file)) !== owner) throw new Error('Another process has taken the lock.');
      const now = new Date();
      await utimes(file, now, now);
    } catch (cause) {
      lost.abort(cause);
    }
  };
  const heartbeat = setInterval(() => void renew(), times.staleMs / 4);
  try {
    return await work(lost.signal);
  } finally {
    clearInterval(heartbeat);
    if ((await textOf(file)) === owner) await rm(file, { force: true });
  }
}
