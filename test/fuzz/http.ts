import http from 'node:http';
import type { Sent } from './bodies.js';

/** An answer; a connection that was closed as it should be; a client that left; nothing in time; or what was no answer. */
export type End = 'answered' | 'closed' | 'left' | 'unanswered' | 'failed';

export interface Reply {
  readonly end: End;
  readonly status?: number | undefined;
  /** What the server said. */
  readonly text: string;
}

/** Sends it and waits for the end, at most so long. Never throws. */
export function sendHttp(
  url: string,
  { method = 'POST', path = '/graphql', headers, body, leavesAfter }: Sent,
  limitMs: number,
): Promise<Reply> {
  return new Promise((resolve) => {
    const received: Buffer[] = [];
    let status: number | undefined;
    const finish = (end: End, said = Buffer.concat(received).toString()): void => {
      clearTimeout(timer);
      request.destroy();
      resolve({ end, status, text: said });
    };
    const timer = setTimeout(() => {
      finish('unanswered', `nothing within ${limitMs} ms`);
    }, limitMs);
    const request = http.request(url + path, { method, headers, agent: false }, (response) => {
      status = response.statusCode;
      response.on('data', (chunk: Buffer) => received.push(chunk));
      response.on('error', (error) => {
        finish('unanswered', error.message);
      });
      response.on('end', () => {
        finish('answered');
      });
    });
    request.on('error', (error) => {
      finish(leavesAfter === undefined ? 'unanswered' : 'left', error.message);
    });
    if (leavesAfter === undefined) {
      request.end(body);
      return;
    }
    if (body.length > 0) request.setHeader('content-length', body.length);
    request.write(body.subarray(0, leavesAfter), () => {
      setTimeout(() => {
        finish('left');
      }, leavesAfter % 40);
    });
  });
}
