import { once } from 'node:events';
import type net from 'node:net';
import { WebSocket } from 'ws';
import { runServer, type RunningServer } from '../running-server.js';
import { until } from '../waiting.js';

const MB = 2 ** 20;
let server: RunningServer;
beforeAll(async () => {
  server = await runServer({
    limits: { maxBytesUnderWay: 32 * MB, unreadTimeoutMs: 2000, timeoutMs: 8000, maxInitBytes: 16_384 },
  });
});
afterEach(async () => {
  await until(() => server.embedder.budget.bytes === 0);
  expect((await server.post('{ server { version } }')).status).toBe(200);
});
afterAll(() => server.close());

async function open(): Promise<WebSocket> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  socket.on('error', () => undefined);
  await once(socket, 'open');
  return socket;
}

const closed = async (socket: WebSocket): Promise<[number, string]> => {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return [code, String(reason)];
};

async function acknowledged(): Promise<WebSocket> {
  const socket = await open();
  socket.send('{"type":"connection_init"}');
  await once(socket, 'message');
  return socket;
}

function subscribe(socket: WebSocket, query: string, variables: object = {}, id = '1'): void {
  socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query, variables } }));
}

/** The messages until the one that ends an operation. */
function answers(socket: WebSocket): Promise<any[]> {
  const messages: any[] = [];
  return new Promise((resolve) => {
    socket.on('message', (data: Buffer) => {
      messages.push(JSON.parse(String(data)));
      if (['complete', 'error'].includes(messages.at(-1).type)) resolve(messages);
    });
  });
}

/** A client's frame of text that promises `size` bytes, and its beginning. */
function beginningOfFrame(size: number, sent: number): Buffer {
  const header = Buffer.alloc(14);
  header[0] = 0x81;
  header[1] = 0x80 | 127;
  header.writeBigUInt64BE(BigInt(size), 2);
  return Buffer.concat([header, Buffer.alloc(sent, ' ')]);
}

const rawOf = (socket: WebSocket): net.Socket => (socket as unknown as { _socket: net.Socket })._socket;

describe('a WebSocket that is not acknowledged', () => {
  it('is closed when it sends more than limits.maxInitBytes, without costing memory', async () => {
    const { budget } = server.embedder;
    const payload = { authorization: 'x'.repeat(5 * MB) };
    const sockets = await Promise.all(Array.from({ length: 25 }, open));
    const all = Promise.all(sockets.map(closed));
    for (const socket of sockets) socket.send(JSON.stringify({ type: 'connection_init', payload }));
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, budget.bytes)), 1);
    for (const [code] of await all) expect([1009, 1006, 4408]).toContain(code);
    clearInterval(watch);
    expect(most).toBeLessThan(25 * 128 * 1024);
  });

  it('is told why', async () => {
    const socket = await open();
    socket.send(JSON.stringify({ type: 'connection_init', payload: { x: 'x'.repeat(20_000) } }));
    expect(await closed(socket)).toEqual([1009, expect.stringMatching(/limits\.maxInitBytes/)]);
  });

  it('may send as much as a token and more take', async () => {
    const socket = await open();
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: 'x'.repeat(8000) } }));
    const [message] = await once(socket, 'message');
    expect(JSON.parse(String(message))).toEqual({ type: 'connection_ack' });
    socket.close();
  });

  it('is closed for what is no message of a client, without a word in the log', async () => {
    const print = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    for (const text of [
      '{',
      'null',
      '1',
      '[]',
      '{"type":"connection_ack"}',
      '{"type":"next"}',
      '{"type":"toString"}',
      `${'['.repeat(100)}${']'.repeat(100)}`,
    ]) {
      const socket = await open();
      socket.send(text);
      expect([4400, 1009]).toContain((await closed(socket))[0]);
    }
    expect(print).not.toHaveBeenCalled();
    print.mockRestore();
  });
});

describe('a WebSocket that is acknowledged', () => {
  const EMBED = 'query ($i: ContentInput!) { embed(input: $i) { dimensions } }';

  it('may send messages as large as bodies, which count until they are answered', async () => {
    const socket = await acknowledged();
    subscribe(socket, EMBED, { i: { text: 'a' }, more: 'x'.repeat(5 * MB) });
    const [next] = await answers(socket);
    expect(next.payload.data).toEqual({ embed: { dimensions: 384 } });
    await until(() => server.embedder.budget.bytes === 0);
    socket.close();
  });

  it('is closed when what it sends does not fit, and when it never ends', async () => {
    const holding = await Promise.all(Array.from({ length: 3 }, acknowledged));
    for (const socket of holding) rawOf(socket).write(beginningOfFrame(19 * MB, 10 * MB));
    await until(() => server.embedder.budget.bytes > 29 * MB);
    const socket = await acknowledged();
    rawOf(socket).write(beginningOfFrame(19 * MB, 10 * MB));
    expect(await closed(socket)).toEqual([1013, expect.stringMatching(/^OVERLOADED/)]);
    for (const late of await Promise.all(holding.map(closed))) {
      expect(late).toEqual([1008, expect.stringMatching(/^TIMEOUT/)]);
    }
  });

  it('that leaves in the middle of a stream leaves nothing behind', async () => {
    const socket = await acknowledged();
    const inputs = Array.from({ length: 500 }, (_, i) => ({ text: `text ${i}`.padEnd(500, ' ') }));
    subscribe(socket, 'subscription ($i: [ContentInput!]!) { embedStream(inputs: $i) { index } }', {
      i: inputs,
    });
    await once(socket, 'message');
    expect(server.embedder.budget.bytes).toBeGreaterThan(250_000);
    socket.terminate();
  });

  it('that does not read its answers is cut off', async () => {
    const socket = await acknowledged();
    const fields = Array.from({ length: 300 }, (_, i) => `a${i}: text`).join(' ');
    const query = `query ($t: String!) { embed(input: {text: $t}, options: {truncate: true}) { ${fields} } }`;
    socket.pause();
    subscribe(socket, query, { t: 'a'.repeat(32_000) });
    await until(() => server.embedder.budget.bytes > 9_000_000);
    await until(() => server.embedder.budget.bytes === 0);
    const end = closed(socket);
    socket.resume();
    expect((await end)[0]).toBe(1006);
  });

  it('gets a large answer whole', async () => {
    const socket = await acknowledged();
    const fields = Array.from({ length: 100 }, (_, i) => `a${i}: text`).join(' ');
    const query = `query ($t: String!) { embed(input: {text: $t}, options: {truncate: true}) { ${fields} } }`;
    for (const id of ['1', '2']) subscribe(socket, query, { t: 'aé'.repeat(10_000) }, id);
    const found = new Map<string, number>();
    socket.on('message', (data: Buffer) => {
      const { id, type, payload } = JSON.parse(String(data));
      if (type === 'next') found.set(id, payload.data.embed.a99.length);
    });
    await until(() => found.size === 2);
    expect([...found.values()]).toEqual([20_000, 20_000]);
    socket.close();
  });

  it('answers pings, of both kinds', async () => {
    const socket = await acknowledged();
    socket.ping('hello');
    expect(String((await once(socket, 'pong'))[0])).toBe('hello');
    socket.send('{"type":"ping"}');
    expect(JSON.parse(String((await once(socket, 'message'))[0]))).toEqual({ type: 'pong' });
    socket.close();
  });
});
