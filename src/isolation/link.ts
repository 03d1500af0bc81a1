import type { FromWorker, ToWorker } from './messages.js';
import type { SharedMemory } from './shared-memory.js';

/** Where a program runs: in a process or a thread of its own, or in the server's process. */
export type Isolation = 'process' | 'thread' | 'none';

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
  /** Memory that a process shares with the server. */
  readonly memory?: SharedMemory | undefined;
}

export interface ExitDetails {
  /** By SIGKILL, which comes from outside, the system's own when memory runs out among it. */
  readonly isKilled?: boolean;
  /** What the operator can do, where a limit of the system kept it from starting. */
  readonly remedy?: string | undefined;
}

export interface LinkEvents {
  readonly onMessage: (message: FromWorker) => void;
  /**
   * Called once, when the other side is gone; `reason` is a sentence's end: "was killed by SIGKILL".
   */
  readonly onExit: (reason: string, more?: ExitDetails) => void;
  /** A line that the other side printed. */
  readonly onOutput: (line: string) => void;
}
