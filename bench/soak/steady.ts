import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

export interface SteadyRequest {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** Milliseconds between an answer and the next request. */
  readonly pauseMs: number;
}

export interface SteadyClient {
  /** How long the answers took since it was last asked, in milliseconds. */
  times(): Promise<number[]>;
  stop(): void;
}

/** A client in a process of its own, whose event loop has nothing else to do: what it measures is the server's. */
export function steadyClient(request: SteadyRequest): SteadyClient {
  const program = fork(path.join(__dirname, 'steady-client.ts'), [JSON.stringify(request)], {
    execArgv: ['--require', 'tsx/cjs'],
    serialization: 'advanced',
  });
  return {
    times: async () => {
      const answer = once(program, 'message');
      program.send('times');
      return (await answer)[0] as number[];
    },
    stop: () => {
      program.disconnect();
    },
  };
}
