import { once } from 'node:events';
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { Writable } from 'node:stream';
import pino from 'pino';
import { WebSocket } from 'ws';
import { configSchema } from '../../src/config/index.js';
import { startServer } from '../../src/server/index.js';
import { inMemory } from '../in-memory-store.js';
import { connect, runServer, type RunningServer } from '../running-server.js';

const QUESTION = '{ server { version } }';

async function withServer(
  config: Parameters<typeof runServer>[0],
  use: (server: RunningServer) => Promise<void>,
): Promise<void> {
  const server = await runServer(config);
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

/** How a WebSocket from such a page, with such a header, begins: the handshake's status, or 101. */
async function handshake(server: RunningServer, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    headers,
  });
  const opened = once(socket, 'open').then(() => 101);
  const refused = once(socket, 'unexpected-response').then(
    ([, response]) => (response as http.IncomingMessage).statusCode!,
  );
  socket.on('error', () => undefined);
  const status = await Promise.race([opened, refused]);
  socket.terminate();
  return status;
}

describe('tokens', () => {
  it('are asked for over HTTP, WebSocket and for metrics, and for nothing else', () =>
    withServer({ auth: { tokens: ['first-token', 'second-token'] } }, async (server) => {
      const status = async (authorization?: string) => {
        const answer = await server.post(QUESTION, {}, authorization === undefined ? {} : { authorization });
        return [answer.status, answer.errors?.[0].extensions.code];
      };
      expect(await status()).toEqual([401, 'UNAUTHENTICATED']);
      expect(await status('Bearer wrong')).toEqual([401, 'UNAUTHENTICATED']);
      expect(await status('Basic first-token')).toEqual([401, 'UNAUTHENTICATED']);
      expect(await status('Bearer first-token')).toEqual([200, undefined]);
      expect(await status('bearer second-token')).toEqual([200, undefined]);

      const get = async (path: string, headers = {}) =>
        (await fetch(`${server.url}${path}`, { headers })).status;
      const query = `/graphql?query=${encodeURIComponent(QUESTION)}`;
      expect(await get(query, { 'apollo-require-preflight': '1' })).toBe(401);
      expect(await get('/metrics')).toBe(401);
      expect(await get('/metrics', { authorization: 'Bearer first-token' })).toBe(200);
      expect(await get('/health/live')).toBe(200);
      expect(await get('/health/ready')).toBe(200);
      expect(await get('/graphql', { accept: 'text/html' })).toBe(200);
      const refused = await fetch(`${server.url}/graphql`, { method: 'POST' });
      expect(refused.headers.get('www-authenticate')).toBe('Bearer');

      const version = async (options: Parameters<typeof connect>[1]) => {
        const client = connect(server, options);
        try {
          const { value } = await client.iterate({ query: QUESTION }).next();
          return value;
        } finally {
          await client.dispose();
        }
      };
      await expect(version({})).rejects.toMatchObject({ code: 4403, reason: /UNAUTHENTICATED/ });
      const connectionParams = { authorization: 'Bearer second-token' };
      expect(await version({ connectionParams })).toMatchObject({ data: { server: {} } });
    }));

  it('are missed in the log when the server is public', async () => {
    const lines: string[] = [];
    const log = pino(
      { level: 'warn' },
      new Writable({
        write: (chunk, _, done) => {
          lines.push(String(chunk));
          done();
        },
      }),
    );
    const start = async (server: object, auth = {}) => {
      lines.length = 0;
      await (await startServer(configSchema.parse({ server: { port: 0, ...server }, auth }), log)).close();
      return lines.join('');
    };
    expect(await start({ host: '0.0.0.0' })).toMatch(/asks for no token/);
    expect(await start({ host: '0.0.0.0' }, { tokens: ['secret'] })).toBe('');
    expect(await start({})).toBe('');
  });
});

describe('what a token may do with collections', () => {
  const TOKENS = [
    'plain',
    { token: 'writer', scopes: ['write' as const] },
    { token: 'boss', name: 'the boss', scopes: ['admin' as const] },
    { token: 'of-a', scopes: ['admin' as const], collections: ['a'] },
  ];
  const QUESTIONS = {
    read: '{ collection(name: "a") { name } }',
    search: '{ search(collection: "a", query: {text: "a"}) { searched } }',
    add: 'mutation { addItems(collection: "a", items: [{content: {text: "x"}}]) { __typename } }',
    remove: 'mutation { removeItems(collection: "a", ids: ["x"]) }',
    create: 'mutation { createCollection(input: {name: "c"}) { name } }',
    delete: 'mutation { deleteCollection(name: "c") }',
  };

  it('is to read, unless it has more scopes; each includes those before it', () =>
    withServer({ ...inMemory(), auth: { tokens: TOKENS } }, async (server) => {
      const ask = async (token: string, query: string) => {
        const { status, errors } = await server.post(query, {}, { authorization: `Bearer ${token}` });
        return errors === undefined ? 'OK' : `${errors[0].extensions.code} ${status}`;
      };
      for (const name of ['a', 'b']) {
        expect(await ask('boss', `mutation { createCollection(input: {name: "${name}"}) { name } }`)).toBe(
          'OK',
        );
      }
      const may = async (token: string): Promise<string[]> => {
        const asked = Object.entries(QUESTIONS).map(async ([name, query]) => [name, await ask(token, query)]);
        const answers = await Promise.all(asked);
        for (const [, answer] of answers) expect(['OK', 'FORBIDDEN 403']).toContain(answer);
        return answers.filter(([, answer]) => answer === 'OK').map(([name]) => name);
      };
      expect(await may('plain')).toEqual(['read', 'search']);
      expect(await may('writer')).toEqual(['read', 'search', 'add', 'remove']);
      expect(await may('boss')).toEqual(Object.keys(QUESTIONS));

      // What it may not see is not there, in the very words.
      const message = async (token: string, name: string) => {
        const query = `{ collection(name: "${name}") { name } }`;
        return (await server.post(query, {}, { authorization: `Bearer ${token}` })).errors![0];
      };
      const hidden = await message('of-a', 'b');
      expect(hidden).toMatchObject({ extensions: { code: 'COLLECTION_NOT_FOUND' } });
      expect((await message('of-a', 'nothing')).message).toBe(hidden.message);
      const list = await server.post('{ collections { name } }', {}, { authorization: 'Bearer of-a' });
      expect(list.data).toEqual({ collections: [{ name: 'a' }] });
      expect(await ask('of-a', QUESTIONS.add)).toBe('OK');
      expect(await ask('of-a', 'mutation { removeItems(collection: "b", ids: ["x"]) }')).toBe(
        'COLLECTION_NOT_FOUND 200',
      );
      expect(await ask('of-a', 'mutation { deleteCollection(name: "b") }')).toBe('OK'); // false: there is none
      expect(await ask('boss', '{ collection(name: "b") { name } }')).toBe('OK');
      expect(await ask('of-a', 'mutation { createCollection(input: {name: "d"}) { name } }')).toBe(
        'FORBIDDEN 403',
      );

      // Over WebSocket as over HTTP.
      const stream = async (token: string) => {
        const client = connect(server, { connectionParams: { authorization: `Bearer ${token}` } });
        const query =
          'subscription { addItemsStream(collection: "a", items: [{content: {text: "y"}}]) { completed } }';
        try {
          for await (const { data, errors } of client.iterate<any>({ query }))
            return data ?? errors?.[0].extensions;
        } catch (errors) {
          return (errors as { extensions: object }[])[0].extensions;
        } finally {
          await client.dispose();
        }
      };
      expect(await stream('plain')).toEqual({ code: 'FORBIDDEN' });
      expect(await stream('writer')).toEqual({ addItemsStream: { completed: 1 } });
    }));

  it('is in the log by the name of the token', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
    const server = await startServer(
      configSchema.parse({ ...inMemory(), auth: { tokens: TOKENS }, server: { port: 0 } }),
      log,
    );
    try {
      for (const token of ['boss', 'plain']) {
        await fetch(`${server.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
          body: JSON.stringify({ query: QUESTION }),
        });
      }
      const operations = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'operation');
      expect(operations.map(({ token }) => token)).toEqual(['the boss', undefined]);
      expect(lines.join('')).not.toMatch(/"(boss|plain)"/);
    } finally {
      await server.close();
    }
  });

  it.each([
    ['on loopback', {}, 'OK'],
    ['to other machines', { host: '0.0.0.0' }, 'FORBIDDEN'],
    ['behind a proxy', { trustProxy: true }, 'FORBIDDEN'],
    ['by a name that somebody gave this address', {}, 'FORBIDDEN', { host: 'rebound.example' }],
    ['for a page of this machine', {}, 'OK', { origin: 'http://localhost:3000' }],
    ['for a page that is named', {}, 'OK', { origin: 'https://app.example' }],
    ['for any other page', {}, 'FORBIDDEN', { origin: 'https://evil.example' }],
  ])(
    'is everything without tokens only while nobody else can ask: %s',
    (_, more, expected, headers: Record<string, string> = {}) =>
      withServer(
        { ...inMemory(), server: more, cors: { origins: ['*', 'https://app.example'] } },
        async (server) => {
          const port = new URL(server.url).port;
          const ask = async (query: string) => {
            // fetch would not send such a Host.
            const body = JSON.stringify({ query });
            const request = http.request(`http://127.0.0.1:${port}/graphql`, {
              method: 'POST',
              headers: { 'content-type': 'application/json', ...headers },
            });
            request.end(body);
            const [response] = (await once(request, 'response')) as [http.IncomingMessage];
            const { errors } = JSON.parse(await text(response));
            return errors?.[0].extensions.code ?? 'OK';
          };
          expect(await ask(QUESTIONS.create)).toBe(expected);
          expect(await ask('{ collections { name } }')).toBe('OK');
        },
      ),
  );
});

describe('the rate limit', () => {
  it('counts the operations of a client, over HTTP and WebSocket together', () =>
    withServer({ rateLimit: { requests: 3, seconds: 60 } }, async (server) => {
      const client = connect(server);
      expect((await client.iterate({ query: QUESTION }).next()).value).toMatchObject({ data: {} });
      expect((await server.post(QUESTION)).status).toBe(200);
      expect((await server.post(QUESTION)).status).toBe(200);
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': '192.0.2.1' },
        body: JSON.stringify({ query: QUESTION }),
      });
      expect(response.status).toBe(429);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(50);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'RATE_LIMITED' } }] });
      await expect(client.iterate({ query: QUESTION }).next()).rejects.toMatchObject([
        { extensions: { code: 'RATE_LIMITED' } },
      ]);
      await client.dispose();
    }));

  it('counts who sends a wrong token or none, by address, wherever it is sent', () =>
    withServer({ auth: { tokens: ['right'] }, rateLimit: { requests: 3, seconds: 60 } }, async (server) => {
      const post = async (token: string) =>
        (await server.post(QUESTION, {}, { authorization: `Bearer ${token}` })).status;
      expect(await post('guess')).toBe(401);
      const socket = connect(server, { connectionParams: { authorization: 'Bearer guess' } });
      await expect(socket.iterate({ query: QUESTION }).next()).rejects.toMatchObject({
        reason: /UNAUTHENTICATED/,
      });
      await socket.dispose();
      expect((await fetch(`${server.url}/metrics`)).status).toBe(401);
      expect(await post('guess')).toBe(429);
      expect((await fetch(`${server.url}/metrics`)).status).toBe(429);
      expect(await post('right')).toBe(200); // Whoever has a token is another client.
    }));

  it('tells clients behind a trusted proxy apart', () =>
    withServer({ rateLimit: { requests: 1 }, server: { trustProxy: true } }, async (server) => {
      const status = async (address: string) =>
        (await server.post(QUESTION, {}, { 'x-forwarded-for': address })).status;
      expect(await status('192.0.2.1')).toBe(200);
      expect(await status('192.0.2.1')).toBe(429);
      expect(await status('192.0.2.2')).toBe(200);
      expect(await status('198.51.100.7, 192.0.2.2')).toBe(429); // Whatever the client itself has written.
      // The addresses of one IPv6 network are one client.
      expect(await status('2001:db8:1:2::1')).toBe(200);
      expect(await status('2001:db8:1:2:ffff::9')).toBe(429);
      expect(await status('2001:db8::9:1:1:1')).toBe(200); // 2001:db8:0:0, whose zeros are left out
      expect(await status('2001:db8::8:1:1:1')).toBe(429);
      expect(await status('2001:db8::')).toBe(429);
      // Some proxies write a port, and every connection has another one.
      for (const same of [
        '192.0.2.1:5678',
        '::ffff:192.0.2.1',
        '[::ffff:c000:201]:80',
        '[2001:DB8:1:2::7]:443',
      ]) {
        expect([same, await status(same)]).toEqual([same, 429]);
      }
      expect(await status('[2001:db8:1:3::7]:443')).toBe(200);
      expect(await status('nonsense')).toBe(200); // The connection's own.
      expect(await status('other nonsense:1')).toBe(429);
    }));
});

describe('other origins', () => {
  const preflight = (server: RunningServer, origin: string) =>
    fetch(`${server.url}/graphql`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    });

  it('may not ask by default, not even over WebSocket', () =>
    withServer({}, async (server) => {
      const { headers } = await preflight(server, 'https://evil.example');
      expect(headers.get('access-control-allow-origin')).toBeNull();
      expect(await handshake(server, { origin: 'https://evil.example' })).toBe(403);
      expect(await handshake(server, { origin: 'null' })).toBe(403);
      expect(await handshake(server, { origin: server.url })).toBe(101);
      expect(await handshake(server, {})).toBe(101);
    }));

  it('may ask when they are on the list', () =>
    withServer({ cors: { origins: ['https://app.example'] } }, async (server) => {
      const { headers } = await preflight(server, 'https://app.example');
      expect(headers.get('access-control-allow-origin')).toBe('https://app.example');
      expect(headers.get('access-control-allow-credentials')).toBeNull();
      const other = await preflight(server, 'https://app.example.evil.example');
      expect(other.headers.get('access-control-allow-origin')).not.toBe('https://app.example.evil.example');
      expect(await handshake(server, { origin: 'https://app.example' })).toBe(101);
      expect(await handshake(server, { origin: 'https://app.example.evil.example' })).toBe(403);
    }));

  it('cannot send simple requests, which need no permission', () =>
    withServer({}, async (server) => {
      for (const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
      ]) {
        const response = await fetch(`${server.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': type },
          body: JSON.stringify({ query: QUESTION }),
        });
        expect(response.status).toBeGreaterThanOrEqual(400);
        expect(response.status).toBeLessThan(500);
      }
      const get = await fetch(`${server.url}/graphql?query=${encodeURIComponent(QUESTION)}`, {
        headers: { 'user-agent': 'Mozilla/5.0', 'sec-fetch-site': 'cross-site' },
      });
      expect(get.status).toBe(400);
    }));
});

describe('every answer', () => {
  it('has the headers that keep browsers careful, and lets the Sandbox load', () =>
    withServer({}, async (server) => {
      const page = await fetch(server.url);
      expect(page.headers.get('x-content-type-options')).toBe('nosniff');
      expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
      expect(page.headers.get('content-security-policy')).not.toContain('unsafe-inline');
      expect(page.headers.get('x-powered-by')).toBeNull();
      const explorer = await fetch(`${server.url}/graphql`, { headers: { accept: 'text/html' } });
      const policy = explorer.headers.get('content-security-policy')!;
      expect(policy).toMatch(/script-src [^;]*https:\/\/\*\.cdn\.apollographql\.com/);
      expect(policy).toMatch(/frame-src [^;]*https:\/\/sandbox\.embed\.apollographql\.com/);
    }));

  it('carries a request id, the client’s own if that is one', () =>
    withServer({}, async (server) => {
      const id = async (given?: string) => {
        const headers: Record<string, string> = given === undefined ? {} : { 'x-request-id': given };
        return (await fetch(`${server.url}/health/live`, { headers })).headers.get('x-request-id');
      };
      expect(await id()).toMatch(/^[\da-f-]{36}$/);
      expect(await id('trace-1.2:3')).toBe('trace-1.2:3');
      expect(await id('x'.repeat(200))).toMatch(/^[\da-f-]{36}$/);
    }));
});

describe('the log', () => {
  it('has a line for each operation, in JSON, with its id and never with its contents', async () => {
    const lines: string[] = [];
    const log = pino(
      { level: 'info' },
      new Writable({
        write: (chunk, _, done) => {
          lines.push(String(chunk));
          done();
        },
      }),
    );
    const server = await startServer(configSchema.parse({ server: { port: 0 } }), log);
    const post = (body: object) =>
      fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-request-id': 'my-id',
          'apollographql-client-name': 'shop',
          'apollographql-client-version': '1.2',
        },
        body: JSON.stringify(body),
      });
    const secret = 'confidential';
    await post({ query: `query Mine { embed(input: {text: "${secret}"}) { id } }` });
    await post({ query: `{ embed(input: {image: {base64: "${secret}"}}) { id } }` });
    await post({ query: `{ ${secret} }` });
    await server.close();
    expect(lines.join('')).not.toContain(secret);
    const operations = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'operation');
    expect(operations).toEqual([
      expect.objectContaining({
        requestId: 'my-id',
        operation: 'Mine',
        client: 'shop@1.2',
        contents: 1,
        fields: ['embed'],
        transport: 'http',
      }),
      expect.objectContaining({ fields: ['embed'], codes: ['UNSUPPORTED_IMAGE_FORMAT'] }),
      expect.objectContaining({ fields: ['invalid'], codes: ['GRAPHQL_VALIDATION_FAILED'] }),
    ]);
  });
});

describe('shutdown', () => {
  it('answers what is under way, refuses what comes, and closes WebSockets', async () => {
    const server = await runServer();
    const client = connect(server, { lazy: false, onNonLazyError: () => undefined });
    await client.iterate({ query: QUESTION }).next();
    const closed = new Promise<number>((resolve) => {
      client.on('closed', (event) => {
        resolve((event as { code: number }).code);
      });
    });
    const slow = server.post(
      `{ embedBatch(inputs: [${Array.from({ length: 200 }, (_, i) => `{text: "shutting ${i}"}`).join()}]) { __typename } }`,
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    const end = server.close();
    expect(await closed).toBe(1001);
    expect((await slow).data!.embedBatch).toHaveLength(200);
    await end;
    await expect(fetch(`${server.url}/health/live`)).rejects.toThrow();
  });
});
