import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { runServer, type RunningServer } from '../running-server.js';
import { until } from '../waiting.js';

const STREAM = 'subscription { embedStream(inputs: [{ text: "a" }, { text: "b" }]) { index } }';
const asks = (name: string) =>
  `{ ${name}: embedBatch(inputs: [{ text: "${name} 1" }, { text: "${name} 2" }]) { __typename } }`;
const VERSION = '{ server { version } }';

let folder: string;
let server: RunningServer;
const hold = () => path.join(folder, 'hold');

interface Message {
  readonly id?: string;
  readonly type: string;
  readonly payload?: any;
}

/** A connection that is acknowledged, and what has come over it since. */
async function connection(token: string) {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  const messages: Message[] = [];
  socket.on('message', (data: Buffer) => messages.push(JSON.parse(String(data)) as Message));
  const payload = { authorization: `Bearer ${token}` };
  socket.send(JSON.stringify({ type: 'connection_init', payload }));
  await until(() => messages.length === 1);
  return {
    socket,
    of: (id: string) => messages.filter((message) => message.id === id),
    subscribe: (id: string, query: string) => {
      socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query } }));
    },
    complete: (id: string) => {
      socket.send(JSON.stringify({ id, type: 'complete' }));
    },
  };
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'operations-'));
  server = await runServer({
    plugins: [path.join(__dirname, '..', 'plugins', 'recording.cjs')],
    runtime: 'recording',
    runtimes: { recording: { folder } },
    auth: { tokens: ['busy', 'quiet'] },
    cache: { maxBytes: 0 },
    limits: { maxQueue: 8, maxStreams: 4 }, // A client has two contents and two operations under way.
  });
});
beforeEach(() => {
  writeFileSync(hold(), '');
});
afterEach(() => {
  rmSync(hold(), { force: true });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

describe('an operation over WebSocket', () => {
  it('that waits to begin waits no longer when its client is gone, or completes it', async () => {
    const { operationRoom: room } = server.embedder;
    const [one, other] = [await connection('busy'), await connection('busy')];
    one.subscribe('1', asks('begun'));
    await until(() => server.embedder.budget.bytes > 0);
    one.subscribe('2', asks('completed'));
    await until(() => room.size === 2);
    other.subscribe('1', asks('left'));
    await until(() => room.size === 4);
    one.complete('2');
    await until(() => room.size === 2);
    other.socket.terminate();
    await until(() => room.size === 0);
    rmSync(hold());
    await until(() => one.of('1').length === 2);
    expect(one.of('1')[0].payload.data.begun).toHaveLength(2);
    expect(one.of('2')).toEqual([]);
    one.socket.close();
  });

  it('that is completed ends: what it held is free, and its id may be used again at once', async () => {
    const { operationRoom: room } = server.embedder;
    const { socket, of, subscribe, complete } = await connection('busy');
    subscribe('1', asks('first'));
    await until(() => server.embedder.budget.bytes > 0);
    subscribe('2', asks('waits'));
    await until(() => room.size === 2);
    complete('1');
    subscribe('1', asks('second'));
    // The one that waited has begun, and the new one waits.
    await until(() => room.size === 2);
    await delay(100);
    rmSync(hold());
    await until(() => of('1').length === 2 && of('2').length === 2);
    expect(of('1').map(({ type }) => type)).toEqual(['next', 'complete']);
    expect(Object.keys(of('1')[0].payload.data as object)).toEqual(['second']);
    expect(of('2')[0].payload.data.waits).toHaveLength(2);
    socket.close();
  });

  it('with the id of another one that is under way closes the connection with 4409', async () => {
    const { socket, subscribe } = await connection('busy');
    const closed = once(socket, 'close');
    subscribe('1', STREAM);
    subscribe('1', VERSION);
    expect((await closed)[0]).toBe(4409);
  });

  it('has room beside another client that has half of limits.maxStreams under way', async () => {
    const [busy, quiet] = [await connection('busy'), await connection('quiet')];
    for (const id of ['1', '2', '3']) busy.subscribe(id, STREAM);
    await until(() => busy.of('3').length === 1);
    expect(busy.of('3')[0]).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'OVERLOADED' } }],
    });
    quiet.subscribe('1', VERSION);
    await until(() => quiet.of('1').length === 2);
    expect(quiet.of('1')[0].payload.data.server.version).toEqual(expect.any(String));
    for (const { socket } of [busy, quiet]) socket.terminate();
  });
});
