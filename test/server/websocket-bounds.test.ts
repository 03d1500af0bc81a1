import { once } from 'node:events';
import { WebSocket } from 'ws';
import { leastOf, runServerApart, type ServerApart } from '../server-apart.js';

const MB = 2 ** 20;
let server: ServerApart;
beforeAll(async () => {
  server = await runServerApart();
});
afterAll(() => server.close());

async function acknowledged(): Promise<WebSocket> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  socket.on('error', () => undefined);
  await once(socket, 'open');
  socket.send('{"type":"connection_init"}');
  await once(socket, 'message');
  return socket;
}

/** Until the operation has ended, or has given its first result. */
function answered(socket: WebSocket): Promise<string> {
  return new Promise((resolve) => {
    socket.on('message', (data: Buffer) => {
      const { type, payload } = JSON.parse(String(data)) as { type: string; payload?: any };
      resolve(type === 'error' ? payload[0].extensions.code : type);
    });
    socket.on('close', (code) => {
      resolve(String(code));
    });
  });
}

const subscribe = (query: string, variables: object): string =>
  JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables } });
const same = (count: number, text: string): string =>
  Array.from({ length: count }, (_, i) => text.replaceAll('#', String(i))).join(' ');
const STREAM = 'subscription ($i: [ContentInput!]!) { embedStream(inputs: $i) { index } }';
const BATCH = 'query ($i: [ContentInput!]!) { embedBatch(inputs: $i) { ... on Embedding';

describe('many sockets that send or ask for much at once do not hold up the event loop:', () => {
  it.each<[string, number, string, () => string]>([
    [
      'streams of 10,000 texts, 19 MB each',
      6,
      'next',
      () =>
        subscribe(STREAM, { i: Array.from({ length: 10_000 }, (_, i) => ({ text: `${i}`.padEnd(1900) })) }),
    ],
    [
      'streams of 10,000 short texts',
      20,
      'next',
      () => subscribe(STREAM, { i: Array.from({ length: 10_000 }, (_, i) => ({ text: `${i}` })) }),
    ],
    [
      'streams of a picture of 19 MB',
      6,
      'next',
      () => subscribe(STREAM, { i: [{ image: { base64: 'A'.repeat(19 * MB) } }] }),
    ],
    ['19 MB that are no JSON', 6, '4400', () => 'x'.repeat(19 * MB)],
    [
      'pings with 100,000 values',
      6,
      'pong',
      () => JSON.stringify({ type: 'ping', payload: { x: Array(100_000).fill('x') } }),
    ],
    [
      'answers of 14 MB',
      4,
      'next',
      () =>
        subscribe(
          `query ($t: String!) { embed(input: {text: $t}, options: {truncate: true}) { ${same(450, 'a#: text')} } }`,
          {
            t: `a${' '.repeat(32 * 1024 - 1)}`,
          },
        ),
    ],
    [
      'answers of 1,500 vectors',
      4,
      'next',
      () => subscribe(`${BATCH} { ${same(6, 'a#: vector')} } } }`, { i: Array(256).fill({ text: 'a' }) }),
    ],
  ])('%s', async (_, count, expected, message) => {
    const sent = Buffer.from(message());
    const measure = async (): Promise<number> => {
      const sockets = await Promise.all(Array.from({ length: count }, acknowledged));
      const longest = await server.longestTurnMs(async () => {
        const all = Promise.all(sockets.map(answered));
        for (const socket of sockets) socket.send(sent, { binary: false });
        expect(new Set(await all)).toEqual(new Set([expected]));
      });
      for (const socket of sockets) socket.terminate();
      return longest;
    };
    expect(await leastOf(measure, 50)).toBeLessThan(50);
  });
});
