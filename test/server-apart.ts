import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { ConfigInput } from '../src/config/index.js';

export type Order = 'start measuring' | 'report';
export type Report = { readonly url: string } | { readonly longestTurnMs: number };

interface Answer {
  readonly status: number;
  readonly bytes: number;
  /** The first code, if the answer has errors. */
  readonly code: string | undefined;
  readonly longestTurnMs: number;
}

/** A server in a process of its own, whose event loop is watched. */
export interface ServerApart {
  readonly url: string;
  /** Bytes to POST as JSON, and the longest turn until the answer is there. */
  post(body: string | Buffer): Promise<Answer>;
  /**
   * Milliseconds that the longest uninterrupted turn of the server's event loop took on a core while the work was done:
   * time on a core, so that a busy machine changes nothing.
   */
  longestTurnMs(work: () => Promise<unknown>): Promise<number>;
  close(): Promise<void>;
}

const CODE = /"code":"([A-Z_]+)"/;

/** Starts the sources' server; what the server does first is then compiled and loaded. */
export async function runServerApart(config: ConfigInput = {}): Promise<ServerApart> {
  const program = fork(path.join(__dirname, 'server-apart-process.ts'), [JSON.stringify(config)], {
    execArgv: ['--require', 'tsx/cjs'],
  });
  const ask = async (order: Order): Promise<Report> => {
    const answer = once(program, 'message');
    program.send(order);
    return (await answer)[0] as Report;
  };
  const [started] = (await once(program, 'message')) as [Report];
  if (!('url' in started)) throw new Error('The server did not start.');
  const { url } = started;

  const send = (body: string | Buffer) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: body as string,
    });
  const longestTurnMs = async (work: () => Promise<unknown>): Promise<number> => {
    await ask('start measuring');
    await work();
    const report = await ask('report');
    return 'longestTurnMs' in report ? report.longestTurnMs : NaN;
  };
  const warm =
    '{ embedBatch(inputs: [{text: "a"}, {image: {example: "dog"}}]) { __typename } server { version } }';
  for (let i = 0; i < 10; i++) await (await send(JSON.stringify({ query: warm }))).text();

  return {
    url,
    longestTurnMs,
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
      const exit = once(program, 'exit');
      program.disconnect();
      await exit;
    },
  };
}
