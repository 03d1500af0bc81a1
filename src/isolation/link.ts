import { fork } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { environmentOfChild } from './environment.js';
import type { FromWorker, ToWorker } from './messages.js';

/** Where a plugin runs, apart from the server. */
export type Isolation = 'process' | 'thread';

/** A connection to code that runs apart. */
export interface Link {
  readonly pid: number | undefined;
  send(message: ToWorker): void;
  /** Ends the other side at once, whatever it is doing. */
  kill(): void;
}

/** How a program that runs apart is started. */
export interface Start {
  /** Arguments for Node.js. */
  readonly nodeArguments?: readonly string[] | undefined;
  /** Variables beside those that every program is given. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

interface LinkEvents {
  readonly onMessage: (message: FromWorker) => void;
  /**
   * Called once, when the other side is gone; `reason` is a sentence's end: "was killed by SIGKILL". `isKilled`: by that
   * signal, which comes from outside, the system's own when memory runs out among it.
   */
  readonly onExit: (reason: string, isKilled: boolean) => void;
  /** A line that the other side printed. */
  readonly onOutput: (line: string) => void;
}

/** A TypeScript entry, run from a checkout's source, needs a loader. */
function loaderFor(entry: string): string[] {
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

function linkProcess(
  entry: string,
  { nodeArguments = [], environment = {} }: Start,
  { onMessage, onExit, onOutput }: LinkEvents,
): Link {
  const child = fork(entry, {
    serialization: 'advanced',
    execArgv: [...nodeArguments, ...loaderFor(entry)],
    env: { ...environmentOfChild(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  giveWay(child.pid);
  let isGone = false;
  const leave = (reason: string, isKilled = false): void => {
    if (isGone) return;
    isGone = true;
    onExit(reason, isKilled);
  };
  child.on('message', (message) => {
    onMessage(message as FromWorker);
  });
  child.on('error', (error) => {
    leave(`could not be reached: ${error.message}`);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) leave(`exited with code ${String(code)}`);
    else leave(`was killed by ${signal}`, signal === 'SIGKILL');
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

function linkThread(
  entry: string,
  { environment = {} }: Start,
  { onMessage, onExit, onOutput }: LinkEvents,
): Link {
  const thread = new Worker(entry, {
    execArgv: loaderFor(entry),
    env: { ...environmentOfChild(), ...environment },
    stdout: true,
    stderr: true,
  });
  let failure: string | undefined;
  thread.on('message', (message) => {
    onMessage(message as FromWorker);
  });
  thread.on('error', (error) => {
    failure = `failed: ${error instanceof Error ? error.message : String(error)}`;
  });
  thread.on('exit', (code) => {
    onExit(failure ?? `exited with code ${code}`, false);
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

/** Starts `entry`, a module that calls `answerRequests`, in a process or a thread of its own. */
export function link(entry: string, isolation: Isolation, start: Start, events: LinkEvents): Link {
  return isolation === 'process' ? linkProcess(entry, start, events) : linkThread(entry, start, events);
}
