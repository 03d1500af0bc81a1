import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { runServer, type RunningServer } from '../running-server.js';

const LIMIT = 3000;
let server: RunningServer;

beforeAll(async () => {
  server = await runServer({ limits: { timeoutMs: LIMIT } });
});
afterAll(() => server.close());

const BODY = JSON.stringify({ query: '{ server { version } }' });
const LINES = [
  'POST /graphql HTTP/1.1',
  'Host: localhost',
  'Content-Type: application/json',
  `Content-Length: ${BODY.length}`,
];

async function open(): Promise<Socket> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  return socket;
}

/** Writes until there is nothing left, or an answer. */
async function dribble(socket: Socket, pieces: Iterable<string>, everyMs: number): Promise<void> {
  const answered = new AbortController();
  socket.once('data', () => {
    answered.abort();
  });
  for (const piece of pieces) {
    if (answered.signal.aborted || !socket.writable) return;
    socket.write(piece);
    await delay(everyMs);
  }
}

/** Status and code of the next answer. */
function answerOf(socket: Socket): Promise<{ status: number; code: string | undefined }> {
  return new Promise((resolve) => {
    let text = '';
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      const length = /content-length: (\d+)/i.exec(text)?.at(1) ?? Infinity;
      if (text.length < text.indexOf('\r\n\r\n') + 4 + Number(length)) return;
      socket.off('data', read);
      resolve({ status: Number(text.split(' ')[1]), code: /"code":"([A-Z_]+)"/.exec(text)?.at(1) });
    };
    socket.on('data', read);
  });
}

function* endless(piece: string): Generator<string> {
  for (;;) yield piece;
}

describe('limits.timeoutMs counts from the first byte of a request', () => {
  it('where its head never ends', async () => {
    const socket = await open();
    socket.write(`${LINES[0]}\r\n`);
    void dribble(socket, endless('X-A: b\r\n'), 100);
    expect(await answerOf(socket)).toMatchObject({ status: 408, code: 'TIMEOUT' });
    socket.destroy();
  });

  it('and not from the empty lines that a client may send before it, in one piece or more', async () => {
    const socket = await open();
    const request = `${LINES.join('\r\n')}\r\n\r\n${BODY}`;
    for (const before of [['\r\n'], ['\r', '\n'], ['\r\n', '\r\n']]) {
      socket.write(request);
      expect((await answerOf(socket)).status).toBe(200);
      for (const piece of before) {
        socket.write(piece);
        await delay(LIMIT * 0.6);
      }
      await delay(LIMIT * 0.6);
      socket.write(request);
      expect((await answerOf(socket)).status).toBe(200);
    }
    socket.destroy();
  });

  it('where its head takes most of the time, and its body never ends', async () => {
    const socket = await open();
    const from = performance.now();
    const answer = answerOf(socket);
    await dribble(
      socket,
      LINES.map((line) => `${line}\r\n`),
      LIMIT / 5,
    );
    socket.write('\r\n');
    void dribble(socket, endless(' '), 1000);
    expect(await answer).toMatchObject({ status: 504, code: 'TIMEOUT' });
    // 5400 from the end of its head.
    expect(performance.now() - from).toBeLessThan(LIMIT + 2000);
    socket.destroy();
  });

  it('anew for each request of a connection, however long that has been open', async () => {
    const socket = await open();
    for (let i = 0; i < 3; i++) {
      const answer = answerOf(socket);
      await dribble(
        socket,
        LINES.map((line) => `${line}\r\n`),
        LIMIT / 10,
      );
      socket.write(`\r\n${BODY}`);
      expect(await answer).toMatchObject({ status: 200 });
      await delay(LIMIT / 5);
    }
    socket.destroy();
  });
});

describe('what never becomes a request is answered in JSON, too', () => {
  it.each([
    ['is not HTTP', 'hello\r\n\r\n', 400, 'BAD_USER_INPUT'],
    [
      'has a head of 100 kB',
      `GET /graphql?query=${'a'.repeat(100_000)} HTTP/1.1\r\n\r\n`,
      431,
      'PAYLOAD_TOO_LARGE',
    ],
  ])('where it %s', async (_, bytes, status, code) => {
    const socket = await open();
    const answer = answerOf(socket);
    socket.write(bytes);
    expect(await answer).toEqual({ status, code });
    socket.destroy();
  });
});
