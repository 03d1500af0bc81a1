import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { ConfigInput } from '../src/config/index.js';

export type Order = { readonly id: number } & (
  { readonly do: 'start measuring' | 'report' | 'collect' } | { readonly do: 'open'; readonly folder: string }
);
/** What the order of this id led to; 0: the start. */
export interface Report {
  readonly id: number;
  readonly url?: string;
  readonly longestTurnMs?: number;
  readonly opened?: string;
  readonly memory?: NodeJS.MemoryUsage;
  readonly warnings?: readonly string[];
}
type OrderBody = Order extends infer Each ? (Each extends Order ? Omit<Each, 'id'> : never) : never;

interface Answer {
  readonly status: number;
  readonly bytes: number;
  /** The first code, if the answer has errors. */
  readonly code: string | undefined;
  readonly longestTurnMs: number;
}

/**
 * What is measured, until it is below a bound: three times at most, and the least of them. Work that is too long is so each
 * time; a collection that a busy machine delays is not.
 */
export async function leastOf(measure: () => Promise<number>, bound: number): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < 3 && least >= bound; i++) least = Math.min(least, await measure());
  return least;
}

/** What is left when nobody asks for anything. */
interface Collected {
  /** After a collection. */
  readonly memory: NodeJS.MemoryUsage;
  /** Lines that the server has logged since the last time: warnings and errors. */
  readonly warnings: readonly string[];
}

/** A server in a process of its own, whose event loop is watched. */
export interface ServerApart {
  readonly url: string;
  readonly pid: number;
  /** How the process ended; undefined while it runs. */
  readonly ended: string | undefined;
  /** Bytes to POST as JSON, and the longest turn until the answer is there. */
  post(body: string | Buffer): Promise<Answer>;
  /**
   * Milliseconds that the longest uninterrupted turn of the server's event loop took on a core while the work was done:
   * time on a core, so that a busy machine changes nothing.
   */
  longestTurnMs(work: () => Promise<unknown>): Promise<number>;
  /** Opens a model's folder in the server's process. @returns `read`, a code with its message, or a stack */
  open(folder: string): Promise<string>;
  collect(): Promise<Collected>;
  close(): Promise<void>;
}

interface Options {
  /** Variables beside those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether it has embedded a text and a picture when it is given. Default true. */
  readonly isWarm?: boolean;
}

const CODE = /"code":"([A-Z_]+)"/;

/**
 * Starts the sources' server; what the server does first is then compiled and loaded, its model too unless `isWarm` is false.
 *
 * @throws from every method, when the process has ended
 */
export async function runServerApart(
  config: ConfigInput = {},
  { environment = {}, isWarm = true }: Options = {},
): Promise<ServerApart> {
  const program = fork(path.join(__dirname, 'server-apart-process.ts'), [JSON.stringify(config)], {
    execArgv: ['--require', 'tsx/cjs'],
    env: { ...process.env, ...environment },
  });
  const waiting = new Map<number, { resolve: (report: Report) => void; reject: (error: Error) => void }>();
  let ended: string | undefined;
  program.on('message', (report: Report) => {
    waiting.get(report.id)?.resolve(report);
    waiting.delete(report.id);
  });
  program.on('exit', (code, signal) => {
    ended = signal === null ? `exited with code ${String(code)}` : `was killed by ${signal}`;
    for (const { reject } of waiting.values()) reject(new Error(`The server ${ended}.`));
  });
  const report = (id: number): Promise<Report> =>
    new Promise((resolve, reject) => {
      if (ended !== undefined) reject(new Error(`The server ${ended}.`));
      else waiting.set(id, { resolve, reject });
    });
  let orders = 0;
  const ask = (order: OrderBody): Promise<Report> => {
    const id = ++orders;
    const answer = report(id);
    if (ended === undefined) program.send({ id, ...order });
    return answer;
  };
  const { url = '' } = await report(0);

  const send = (body: string | Buffer) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: body as string,
    });
  const longestTurnMs = async (work: () => Promise<unknown>): Promise<number> => {
    await ask({ do: 'start measuring' });
    await work();
    return (await ask({ do: 'report' })).longestTurnMs ?? NaN;
  };
  const warm =
    '{ embedBatch(inputs: [{text: "a"}, {image: {example: "dog"}}]) { __typename } server { version } }';
  const cold = '{ server { version } }'; // What is loaded only when there is an answer to be written.
  for (let i = 0; i < 10; i++) await (await send(JSON.stringify({ query: isWarm ? warm : cold }))).text();

  return {
    url,
    pid: program.pid ?? 0,
    get ended() {
      return ended;
    },
    longestTurnMs,
    open: async (folder) => (await ask({ do: 'open', folder })).opened ?? '',
    collect: async () => {
      const { memory = process.memoryUsage(), warnings = [] } = await ask({ do: 'collect' });
      return { memory, warnings };
    },
    post: async (body) => {
      let status = 0;
      let text = '';
      const longest = await longestTurnMs(async () => {
        const response = await send(body);
        status = response.status;
        text = await response.text();
      });
      const code = CODE.exec(text.slice(0, 5000))?.[1];
      return { status, bytes: text.length, code, longestTurnMs: longest };
    },
    close: async () => {
      if (ended !== undefined) return;
      const exit = once(program, 'exit');
      program.disconnect();
      await exit;
    },
  };
}
