import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A forward proxy on loopback, as companies have one: it notes what goes through it, and may ask who asks. */
export class ProxyServer {
  readonly seen: string[] = [];
  readonly #credentials: string | undefined;
  readonly #server: http.Server;

  constructor(credentials?: string) {
    this.#credentials = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
    this.#server = http
      .createServer((request, response) => {
        this.seen.push(`${request.method} ${request.url}`);
        if (!this.#isAllowed(request)) {
          response.writeHead(407).end();
          return;
        }
        const headers = { ...request.headers };
        delete headers['proxy-authorization'];
        const onward = http.request(request.url ?? '', { method: request.method, headers }, (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        });
        onward.on('error', () => response.writeHead(502).end());
        request.pipe(onward);
      })
      .on('connect', (request: http.IncomingMessage, socket: Socket) => {
        this.seen.push(`CONNECT ${request.url}`);
        socket.on('error', () => undefined);
        socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
      });
  }

  #isAllowed({ headers }: http.IncomingMessage): boolean {
    return this.#credentials === undefined || headers['proxy-authorization'] === this.#credentials;
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
