import { spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const MAIN = path.join(__dirname, '..', 'dist', 'src', 'cli', 'main.js');

interface Serving {
  readonly url: string;
  readonly pid: number;
  /** Sends a GraphQL operation and returns its data. */
  post(query: string, variables: object): Promise<unknown>;
  /** Sends SIGTERM. */
  stop(): void;
  /** Its exit code; -1 where a signal ended it. */
  readonly ended: Promise<number>;
}

/** The compiled server in a process of its own, as users run it. */
export async function serve(...args: string[]): Promise<Serving> {
  const child = spawn(process.execPath, [MAIN, 'serve', '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number>((resolve) => {
    child.once('exit', (code) => {
      resolve(code ?? -1);
    });
  });
  let printed = '';
  for await (const chunk of child.stdout) {
    printed += String(chunk);
    const match = /page +(http:\S+)\/\n/.exec(printed);
    if (match === null) continue;
    const [, url] = match;
    return {
      url,
      pid: child.pid ?? 0,
      ended,
      stop: () => child.kill('SIGTERM'),
      post: async (query, variables) => {
        const response = await fetch(`${url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query, variables }),
        });
        const { data, errors } = (await response.json()) as { data?: unknown; errors?: unknown };
        if (errors !== undefined) throw new Error(JSON.stringify(errors));
        return data;
      },
    };
  }
  throw new Error('The server ended before it listened.');
}

/** Asks /health/live until the work is done. @returns how long each answer took, in milliseconds */
export async function pollLiveness(url: string, work: Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  const ended = new AbortController();
  const end = (): void => {
    ended.abort();
  };
  work.then(end, end);
  while (!ended.signal.aborted) {
    const start = performance.now();
    await (await fetch(`${url}/health/live`)).arrayBuffer();
    times.push(performance.now() - start);
    await delay(2);
  }
  await work;
  return times;
}
