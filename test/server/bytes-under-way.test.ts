import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { WebSocket } from 'ws';
import { EXAMPLES_FOLDER } from '../../src/media/index.js';
import type { ConfigInput } from '../../src/config/index.js';
import { rawRequest } from '../raw-request.js';
import { runServer, type RunningServer } from '../running-server.js';
import { until } from '../waiting.js';

const MB = 2 ** 20;
const dog = readFileSync(path.join(EXAMPLES_FOLDER, 'dog.png'));
const json = { 'content-type': 'application/json' };
const VERSION = Buffer.from('{"query": "{ server { version } }"}');

async function withServer(limits: ConfigInput['limits'], use: (server: RunningServer) => Promise<void>) {
  const server = await runServer({ limits });
  try {
    await use(server);
    await until(() => server.embedder.budget.bytes === 0);
    expect((await server.post('{ server { version } }')).status).toBe(200);
    await until(() => server.embedder.budget.bytes === 0);
  } finally {
    await server.close();
  }
}

const portOf = ({ url }: RunningServer): number => Number(new URL(url).port);

/** A connection that has sent the beginning of a request. */
async function begin(server: RunningServer, head: string, body: Buffer): Promise<net.Socket> {
  const socket = net.connect(portOf(server), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(`POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${head}\r\n\r\n`);
  socket.write(body);
  return socket;
}

describe('bodies', () => {
  it('of all requests are OVERLOADED over limits.maxBytesUnderWay, and are let in again when others have gone', async () => {
    await withServer({ maxBytesUnderWay: 16 * MB }, async (server) => {
      const { budget } = server.embedder;
      const held = await Promise.all(
        Array.from({ length: 3 }, () =>
          begin(server, `Content-Length: ${5 * MB}`, Buffer.alloc(5 * MB - 1, ' ')),
        ),
      );
      await until(() => budget.bytes > 14.9 * MB);
      const refused = await rawRequest(server, { headers: json, chunks: [Buffer.alloc(5 * MB, ' ')] });
      expect([refused.status, refused.code, refused.headers['retry-after']]).toEqual([
        429,
        'OVERLOADED',
        '1',
      ]);
      // What is small goes on.
      expect((await rawRequest(server, { headers: json, chunks: [VERSION] })).status).toBe(200);
      for (const socket of held) socket.destroy();
      await until(() => budget.bytes === 0);
      expect(budget.peak).toBeLessThanOrEqual(16 * MB);
      const padded = Buffer.concat([VERSION, Buffer.alloc(10 * MB, ' ')]);
      expect((await rawRequest(server, { headers: json, chunks: [padded] })).status).toBe(200);
    });
  });

  it('of requests that wait behind the answer to another one of their connection are given back when it closes', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'pipelined-'));
    writeFileSync(path.join(folder, 'hold'), '');
    const server = await runServer({
      plugins: [path.join(__dirname, '..', 'plugins', 'recording.cjs')],
      runtime: 'recording',
      runtimes: { recording: { folder } },
    });
    try {
      const { budget, operationRoom } = server.embedder;
      const first = Buffer.from('{"query": "{ embed(input: { text: \\"held\\" }) { dimensions } }"}');
      const socket = await begin(server, `Content-Length: ${first.length}`, first);
      socket.write(
        `POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${5 * MB}\r\n\r\n`,
      );
      socket.write(Buffer.alloc(5 * MB - 1, ' '));
      await until(() => budget.bytes > 4.9 * MB);
      socket.destroy();
      await until(() => budget.bytes === 0);
      expect(operationRoom.size).toBe(0);
    } finally {
      rmSync(path.join(folder, 'hold'));
      await server.close();
      rmSync(folder, { recursive: true });
    }
  });

  it('that could never fit are too large, not OVERLOADED', async () => {
    await withServer({ maxBytesUnderWay: 2 * MB }, async (server) => {
      const { status, code, text } = await rawRequest(server, {
        headers: json,
        chunks: [Buffer.alloc(3 * MB, ' ')],
      });
      expect([status, code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
      expect(text).toContain('limits.maxBytesUnderWay');
    });
  });

  it('that stop coming are answered when the time is over, with a length or without', async () => {
    await withServer({ timeoutMs: 6000 }, async (server) => {
      const answers = await Promise.all(
        [{}, { 'content-length': 1000 }].map((length) =>
          rawRequest(server, { headers: { ...json, ...length }, chunks: [VERSION], ends: false }),
        ),
      );
      expect(answers.map(({ status, code }) => [status, code])).toEqual([
        [504, 'TIMEOUT'],
        [504, 'TIMEOUT'],
      ]);
    });
  });

  it('in chunks of a byte cost no object for each', async () => {
    await withServer({}, async (server) => {
      const body = Buffer.concat([VERSION, Buffer.alloc(200_000, ' ')]);
      const chunk = (byte: number): string => `1\r\n${String.fromCharCode(byte)}\r\n`;
      const socket = await begin(server, 'Transfer-Encoding: chunked\r\nConnection: close', Buffer.alloc(0));
      socket.write(`${Array.from(body, chunk).join('')}0\r\n\r\n`);
      const [first] = (await once(socket, 'data')) as [Buffer];
      expect(first.toString()).toMatch(/^HTTP\/1.1 200/);
    });
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('in %s are read within the limits', async (encoding, compress) => {
    await withServer({ maxBytesUnderWay: 64 * MB }, async (server) => {
      const headers = { ...json, 'content-encoding': encoding };
      const send = (body: Buffer) => rawRequest(server, { headers, chunks: [body] });
      expect((await send(compress(VERSION))).status).toBe(200);
      const bomb = compress(Buffer.alloc(100 * MB, ' '));
      const answers = await Promise.all(Array.from({ length: 20 }, () => send(bomb)));
      for (const { status, code } of answers) {
        expect([
          [413, 'PAYLOAD_TOO_LARGE'],
          [429, 'OVERLOADED'],
        ]).toContainEqual([status, code]);
      }
      expect(server.embedder.budget.peak).toBeLessThanOrEqual(64 * MB);
      for (const body of [VERSION, compress(VERSION).subarray(0, -4)]) {
        const { status, code } = await send(body);
        expect([status, code]).toEqual([400, 'BAD_USER_INPUT']);
      }
    });
  });

  it('in a coding that is not known are refused', async () => {
    await withServer({}, async (server) => {
      for (const coding of ['zstd', 'constructor', '__proto__', 'gzip, gzip']) {
        const headers = { ...json, 'content-encoding': coding };
        const { status, code } = await rawRequest(server, { headers, chunks: [VERSION] });
        expect([status, code]).toEqual([400, 'BAD_USER_INPUT']);
      }
    });
  });

  it('of clients that break off, or that nobody asked for, leave nothing behind', async () => {
    await withServer({}, async (server) => {
      for (const head of [
        'Content-Length: 2000000',
        'Transfer-Encoding: chunked',
        'Content-Length: 20\r\nContent-Encoding: gzip',
      ]) {
        const socket = await begin(server, head, Buffer.alloc(100_000, '1\r\n'));
        await delay(50);
        socket.destroy();
      }
      const others = await Promise.all(
        ['/', '/health/live', '/metrics', '/nothing'].map((path) =>
          rawRequest(server, { path, headers: json, chunks: [Buffer.alloc(2 * MB, ' ')] }),
        ),
      );
      for (const { status } of others) expect(status).toBe(404);
    });
  });
});

describe('answers', () => {
  const LARGE = `query ($t: String!) { embed(input: {text: $t}, options: {truncate: true}) { ${Array.from({ length: 300 }, (_, i) => `a${i}: text`).join(' ')} } }`;
  const asked = Buffer.from(JSON.stringify({ query: LARGE, variables: { t: 'a'.repeat(32_000) } }));

  it('that nobody reads count, and are cut off', async () => {
    await withServer({ maxBytesUnderWay: 64 * MB, unreadTimeoutMs: 3000 }, async (server) => {
      const sockets = await Promise.all(
        Array.from({ length: 4 }, async () => {
          const socket = await begin(server, `Content-Length: ${asked.length}`, asked);
          socket.pause();
          return socket;
        }),
      );
      const { budget } = server.embedder;
      await until(() => budget.bytes > 9 * MB);
      await until(() => budget.bytes === 0);
      for (const socket of sockets) {
        let received = 0;
        socket.on('data', (chunk: Buffer) => (received += chunk.length)).resume();
        await once(socket, 'close');
        expect(received).toBeLessThan(9_600_000);
      }
    });
  });

  it('that are read arrive whole, however slowly', async () => {
    await withServer({ unreadTimeoutMs: 3000 }, async (server) => {
      const socket = await begin(server, `Connection: close\r\nContent-Length: ${asked.length}`, asked);
      let text = '';
      for await (const chunk of socket) {
        text += String(chunk);
        await delay(10);
      }
      const body = text.slice(text.indexOf('\r\n\r\n') + 4);
      expect(JSON.parse(body).data.embed.a299).toHaveLength(32_000);
    });
  });
});

describe('of a client that holds nearly all of them', () => {
  const tokenOf = (token: string) => ({ authorization: `Bearer ${token}` });
  const flooding = 'Authorization: Bearer flooding\r\n';
  const sent = async (socket: net.Socket): Promise<string> => {
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += String(chunk))).resume();
    await once(socket, 'close');
    return text;
  };

  async function beside(
    use: (
      server: RunningServer,
      askQuietly: (headers?: object) => Promise<(number | string | undefined)[]>,
    ) => Promise<void>,
  ) {
    const server = await runServer({
      limits: { maxBytesUnderWay: 32 * MB },
      auth: { tokens: ['flooding', 'quiet'] },
    });
    const padded = Buffer.concat([VERSION, Buffer.alloc(10 * MB, ' ')]);
    try {
      await use(server, async (headers = tokenOf('quiet')) => {
        const asked = await rawRequest(server, { headers: { ...json, ...headers }, chunks: [padded] });
        return [asked.status, asked.code];
      });
      await until(() => server.embedder.budget.bytes === 0);
      expect(server.embedder.budget.peak).toBeLessThanOrEqual(32 * MB);
    } finally {
      await server.close();
    }
  }

  it('bodies that are arriving make room for another client, the newest first; for its own they do not', async () => {
    await beside(async (server, ask) => {
      const held: net.Socket[] = [];
      for (let i = 1; i <= 6; i++) {
        const head = `${flooding}Connection: close\r\nContent-Length: ${5 * MB}`;
        held.push(await begin(server, head, Buffer.alloc(5 * MB - 1, ' ')));
        await until(() => server.embedder.budget.bytes > i * 4.9 * MB);
      }
      expect(await ask(tokenOf('flooding'))).toEqual([429, 'OVERLOADED']);
      expect(held.map(({ destroyed }) => destroyed)).not.toContain(true);
      const refused = sent(held[5]);
      expect(await ask()).toEqual([200, undefined]);
      expect(await refused).toMatch(/^HTTP\/1.1 429 [^]*"OVERLOADED"/);
      expect(held[0].bytesRead).toBe(0);
      for (const socket of held) socket.destroy();
    });
  });

  it('answers that it does not read are cut off', async () => {
    await beside(async (server, ask) => {
      const query = `query ($t: String!) { embed(input: {text: $t}, options: {truncate: true}) { ${Array.from({ length: 300 }, (_, i) => `a${i}: text`).join(' ')} } }`;
      const asked = Buffer.from(JSON.stringify({ query, variables: { t: 'a'.repeat(32_000) } }));
      const held: net.Socket[] = [];
      for (let i = 1; i <= 3; i++) {
        held.push(await begin(server, `${flooding}Content-Length: ${asked.length}`, asked));
        held[i - 1].pause();
        await until(() => server.embedder.budget.bytes > i * 9 * MB);
      }
      expect(await ask()).toEqual([200, undefined]);
      expect((await sent(held[2])).length).toBeLessThan(9 * MB);
      for (const socket of held) socket.destroy();
    });
  });

  it('messages of its WebSockets close those with 1013, and what nobody has acknowledged is its network’s', async () => {
    await beside(async (server, ask) => {
      const sockets: WebSocket[] = [];
      for (let i = 1; i <= 3; i++) {
        const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
        await once(socket, 'open');
        socket.send(JSON.stringify({ type: 'connection_init', payload: tokenOf('flooding') }));
        await once(socket, 'message');
        socket.send(Buffer.alloc(9 * MB, ' '), { fin: false, binary: false });
        sockets.push(socket);
        await until(() => server.embedder.budget.bytes > i * 8.9 * MB);
      }
      const closed = once(sockets[2], 'close');
      expect(await ask()).toEqual([200, undefined]);
      const [code, reason] = (await closed) as [number, Buffer];
      expect([code, String(reason)]).toEqual([1013, expect.stringContaining('OVERLOADED')]);
      expect(sockets.map(({ readyState }) => readyState)).toEqual([1, 1, 3]);
      for (const socket of sockets) socket.terminate();
    });
  });
});

describe('pictures', () => {
  it('in a variable that many aliases name are decoded once', async () => {
    await withServer({ maxBytesUnderWay: 32 * MB }, async (server) => {
      const picture = Buffer.concat([dog, Buffer.alloc(8 * MB)]);
      const aliases = Array.from(
        { length: 64 },
        (_, i) => `a${i}: embed(input: {image: {base64: $b}}) { dimensions }`,
      );
      const { data } = await server.post(`query ($b: String!) { ${aliases.join(' ')} }`, {
        b: picture.toString('base64'),
      });
      expect(Object.values(data!)).toEqual(aliases.map(() => ({ dimensions: 384 })));
      expect(server.embedder.budget.peak).toBeLessThan(20 * MB);
    });
  });

  it('that fail, in part or all, leave nothing behind', async () => {
    await withServer({}, async (server) => {
      const query =
        'query ($i: [ContentInput!]!) { embedBatch(inputs: $i) { ... on ContentError { code } } }';
      const base64 = [dog, dog.subarray(0, 5000), Buffer.from('text')].map((bytes) =>
        bytes.toString('base64'),
      );
      const inputs = [...base64, '#', ''].map((text) => ({ image: { base64: text } }));
      expect((await server.post(query, { i: inputs })).data).toMatchObject({
        embedBatch: [{}, { code: 'UNDECODABLE_IMAGE' }, {}, { code: 'INVALID_BASE64' }, {}],
      });
      expect((await server.post(query, { i: [...inputs, { text: 'dog '.repeat(100) }] })).status).toBe(200);
    });
  });
});

describe('connections', () => {
  const alone = { ...json, connection: 'close' };
  it('over server.maxConnections are told so, beyond twice as many closed, and let in when others have gone', async () => {
    const server = await runServer({ server: { maxConnections: 3 } });
    try {
      const connect = async (): Promise<net.Socket> => {
        const socket = net.connect(portOf(server), '127.0.0.1');
        socket.on('error', () => undefined);
        await once(socket, 'connect');
        return socket;
      };
      const ask = () => rawRequest(server, { headers: alone, chunks: [VERSION] });
      const served = await Promise.all([connect(), connect(), connect()]);
      const refused = await ask();
      expect([refused.status, refused.code]).toEqual([429, 'OVERLOADED']);
      expect(refused.headers).toMatchObject({ 'retry-after': '1', connection: 'close' });
      expect(refused.text).toContain('3 connections are open (server.maxConnections)');
      const probe = { method: 'GET', path: '/health/live', headers: alone };
      expect((await rawRequest(server, probe)).status).toBe(200);

      const waiting = await Promise.all([connect(), connect(), connect()]);
      await once(await connect(), 'close');
      expect([...served, ...waiting].map(({ destroyed }) => destroyed)).toEqual(Array(6).fill(false));
      for (const socket of [...served, ...waiting]) socket.destroy();
      await until(() =>
        ask().then(
          ({ status }) => status === 200,
          () => false,
        ),
      );
    } finally {
      await server.close();
    }
  });

  it('that are refused are not reset while the request is still being sent', async () => {
    const server = await runServer({ server: { maxConnections: 1 } });
    try {
      const served = net.connect(portOf(server), '127.0.0.1');
      await once(served, 'connect');
      const length = 300_000;
      const refused = await begin(server, `Content-Length: ${length}`, Buffer.alloc(10, ' '));
      const closed = once(refused, 'close').catch(() => undefined);
      let [answer, failure] = ['', ''];
      refused.on('data', (bytes: Buffer) => (answer += bytes.toString()));
      refused.on('error', ({ message }) => (failure = message));
      for (let sent = 10; sent < length; sent += 29_999) {
        await delay(20);
        refused.write(Buffer.alloc(29_999, ' '));
      }
      await closed;
      expect(failure).toBe('');
      expect(answer).toMatch(/^HTTP\/1\.1 429 .*"code":"OVERLOADED"/s);
      served.destroy();
    } finally {
      await server.close();
    }
  });

  it('of as many clients as come, each is answered, while those that are served all wait', async () => {
    const server = await runServer({ server: { maxConnections: 20 }, limits: { timeoutMs: 20_000 } });
    try {
      const asked = Array.from({ length: 35 }, (_, i) => {
        const body = JSON.stringify({
          query: 'query ($i: [ContentInput!]!) { embedBatch(inputs: $i) { __typename } }',
          variables: { i: Array.from({ length: 4 }, (_, j) => ({ text: `${i} ${j}` })) },
        });
        return rawRequest(server, { headers: alone, chunks: [Buffer.from(body)] });
      });
      const statuses = new Set((await Promise.all(asked)).map(({ status }) => status));
      expect([...statuses].sort()).toEqual([200, 429]);
    } finally {
      await server.close();
    }
  });
});
