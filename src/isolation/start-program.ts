import { fork, type ChildProcess } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { environmentOfChild } from './environment.js';
import { linkInPlace, type InPlaceProgram } from './in-place.js';
import type { ExitDetails, Isolation, Link, LinkEvents, Start } from './link.js';
import type { FromWorker } from './messages.js';
import { startFailure } from './start-failure.js';

/** A TypeScript entry, run from a checkout's source, needs a loader. */
export function loaderFor(entry: string): string[] {
  return entry.endsWith('.ts') ? ['--require', 'tsx/cjs'] : [];
}

function forwardLines(stream: Readable | null, onOutput: (line: string) => void): void {
  stream?.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n')) if (line.trim() !== '') onOutput(line);
  });
}

/** The server answers first: what computes gives way to it where there are too few cores for both. */
function giveWay(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // A system that does not allow it, or a process that has ended already.
  }
}

/** A program that never was: its end is told as any other's, in a turn of its own. */
function linkNothing(cause: unknown, { onExit, onOutput }: LinkEvents): Link {
  setImmediate(() => {
    const { reason, remedy } = startFailure(cause);
    onOutput(String(cause));
    onExit(reason, { remedy });
  });
  return { pid: undefined, send: () => undefined, kill: () => undefined };
}

function linkProcess(
  entry: string,
  { nodeArguments = [], environment = {}, memory }: Start,
  events: LinkEvents,
): Link {
  const { onMessage, onExit, onOutput } = events;
  let child: ChildProcess;
  try {
    child = fork(entry, {
      serialization: 'advanced',
      execArgv: [...nodeArguments, ...loaderFor(entry)],
      env: { ...environmentOfChild(), ...environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc', ...(memory === undefined ? [] : [memory.descriptor])],
    });
  } catch (error) {
    return linkNothing(error, events); // Out of memory, for example; for others there is an event.
  }
  giveWay(child.pid);
  let isGone = false;
  const leave = (reason: string, more?: ExitDetails): void => {
    if (isGone) return;
    isGone = true;
    onExit(reason, more);
  };
  child.on('message', (message) => {
    onMessage(message as FromWorker);
  });
  child.on('error', (error) => {
    onOutput(error.message);
    const { reason, remedy } = startFailure(error);
    leave(child.pid === undefined ? reason : 'could not be reached', { remedy });
  });
  const leaveBy = (code: number | null, signal: string | null): void => {
    if (signal === null) leave(`exited with code ${String(code)}`);
    else leave(`was killed by ${signal}`, { isKilled: signal === 'SIGKILL' });
  };
  child.on('exit', (code, signal) => {
    // What aborts says why: it is heard to the end.
    if (signal === 'SIGABRT') child.once('close', leaveBy);
    else leaveBy(code, signal);
  });
  forwardLines(child.stdout, onOutput);
  forwardLines(child.stderr, onOutput);
  return {
    pid: child.pid,
    send: (message) => {
      // A failure to send means that the process is going; its exit tells the rest.
      if (child.connected) child.send(message, () => undefined);
    },
    kill: () => {
      child.kill('SIGKILL');
    },
  };
}

function linkThread(entry: string, { environment = {} }: Start, events: LinkEvents): Link {
  const { onMessage, onExit, onOutput } = events;
  let thread: Worker;
  try {
    thread = new Worker(entry, {
      execArgv: loaderFor(entry),
      env: { ...environmentOfChild(), ...environment },
      stdout: true,
      stderr: true,
    });
  } catch (error) {
    return linkNothing(error, events);
  }
  let failure: string | undefined;
  let remedy: string | undefined;
  thread.on('message', (message) => {
    onMessage(message as FromWorker);
  });
  thread.on('error', (error) => {
    onOutput(error instanceof Error ? (error.stack ?? error.message) : String(error));
    const found = startFailure(error);
    remedy = found.remedy;
    failure = remedy === undefined ? 'failed' : found.reason;
  });
  thread.on('exit', (code) => {
    onExit(failure ?? `exited with code ${code}`, { remedy });
  });
  forwardLines(thread.stdout, onOutput);
  forwardLines(thread.stderr, onOutput);
  return {
    pid: undefined,
    send: (message) => {
      thread.postMessage(message);
    },
    kill: () => void thread.terminate(),
  };
}

/** A program: a module that calls `answerRequests` when it is loaded; and the same for where it runs in place. */
export interface Program {
  readonly entry: string;
  readonly inPlace?: (() => InPlaceProgram) | undefined;
}

/** Starts a program where it is to run. */
export function link(
  { entry, inPlace }: Program,
  isolation: Isolation,
  start: Start,
  events: LinkEvents,
): Link {
  if (isolation === 'process') return linkProcess(entry, start, events);
  if (isolation === 'thread') return linkThread(entry, start, events);
  if (inPlace === undefined) throw new Error(`${entry} cannot run in the server's process.`);
  return linkInPlace(inPlace(), events);
}
