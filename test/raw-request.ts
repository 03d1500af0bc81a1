import http from 'node:http';
import type { ClipgraphServer } from '../src/server/index.js';

interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  /** Sent one after the other, each as a chunk of its own. */
  readonly chunks?: Iterable<Buffer>;
  /** Without it, the body never ends. */
  readonly ends?: boolean;
  readonly agent?: http.Agent;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** Of the first error. */
  readonly code: string | undefined;
}

/** A request as no client library would send it. */
export function rawRequest(
  { url }: Pick<ClipgraphServer, 'url'>,
  { method = 'POST', path = '/graphql', headers, chunks = [], ends = true, agent }: RawRequest,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const request = http.request(url + path, { method, headers, agent }, (response) => {
      const received: Buffer[] = [];
      response.on('data', (chunk: Buffer) => received.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(received).toString();
        const code = /"code":"([A-Z_]+)"/.exec(text)?.[1];
        resolve({ status: response.statusCode!, headers: response.headers, text, code });
        if (!ends) request.destroy();
      });
    });
    request.on('error', reject);
    const send = async (): Promise<void> => {
      for (const chunk of chunks) {
        if (!request.write(chunk)) await new Promise((drained) => request.once('drain', drained));
        if (request.destroyed) return;
      }
      if (ends) request.end();
    };
    void send();
  });
}

type MultipartFile = readonly [name: string, bytes: Buffer];

/** The body of a multipart request, written out: any parts, in any order, as often as one likes. */
export function multipart(operations: unknown, map: unknown, files: readonly MultipartFile[]) {
  const boundary = 'a-boundary';
  const field = (name: string, value: unknown): string =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${typeof value === 'string' ? value : JSON.stringify(value)}\r\n`;
  const body = Buffer.concat([
    Buffer.from(field('operations', operations) + field('map', map)),
    ...files.flatMap(([name, bytes]) => [
      Buffer.from(
        `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="f"\r\nContent-Type: image/png\r\n\r\n`,
      ),
      bytes,
      Buffer.from('\r\n'),
    ]),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
  const headers = {
    'content-type': `multipart/form-data; boundary=${boundary}`,
    'apollo-require-preflight': 'true',
  };
  return { headers, body };
}
