import { serve, type Handlers } from './answer.js';
import type { Link, LinkEvents } from './link.js';

/** A program that can free what it holds: in the server's own process nothing else does. */
export interface InPlaceProgram {
  readonly handlers: Handlers;
  close(): Promise<void>;
}

/**
 * A program in the server's own process, behind the same protocol as one that runs apart. It cannot be ended: one that is
 * killed is told to stop, and is not listened to any more.
 */
export function linkInPlace(program: InPlaceProgram, { onMessage, onExit, onOutput }: LinkEvents): Link {
  let closing: Promise<void> | undefined;
  let isOver = false;
  const begin = (): Promise<void> => {
    if (closing !== undefined) return closing;
    cancelAll();
    closing = program.close().catch((error: unknown) => {
      onOutput(String(error));
    });
    return closing;
  };
  const end = (reason: string): void => {
    if (!isOver) onExit(reason);
    isOver = true;
  };
  const { receive, cancelAll } = serve(program.handlers, {
    send: (message) => {
      if (closing === undefined) onMessage(message);
    },
    exit: () => {
      void begin().then(() => {
        end('has ended');
      });
    },
  });
  setImmediate(onMessage, { ready: true });
  return {
    pid: undefined,
    send: (message) => {
      // As from another process: never before the sender has gone on.
      setImmediate(() => {
        if (closing === undefined) receive(message);
      });
    },
    kill: () => {
      void begin();
      setImmediate(end, 'was given up');
    },
  };
}
