import http from 'node:http';
import { runServer, type RunningServer } from '../running-server.js';

let server: RunningServer;
beforeAll(async () => {
  server = await runServer({ cors: { origins: ['https://app.example.com'] } });
});
afterAll(() => server.close());

const VERSION_QUERY = '{ server { version } }';
const CHROME =
  'Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36';

function get(path: string, headers: http.OutgoingHttpHeaders = {}, method = 'GET') {
  return new Promise<{ status: number; type: string; body: string }>((resolve, reject) => {
    const request = http.request(`${server.url}${path}`, { headers, method }, (response) => {
      let body = '';
      response.on('data', (chunk) => (body += String(chunk)));
      response.on('end', () => {
        resolve({ status: response.statusCode!, type: response.headers['content-type'] ?? '', body });
      });
    });
    request.on('error', reject).end();
  });
}

describe('a query by GET', () => {
  const path = `/graphql?query=${encodeURIComponent(VERSION_QUERY)}`;
  const own = (): string => server.url;

  it.each([
    ['a program', () => ({}), 200],
    ["the server's own page", () => ({ 'user-agent': CHROME, 'sec-fetch-site': 'same-origin' }), 200],
    ["the server's own page over http", () => ({ 'user-agent': CHROME, referer: `${own()}/` }), 200],
    ['the address bar', () => ({ 'user-agent': CHROME, 'sec-fetch-site': 'none' }), 200],
    [
      'a page that may ask',
      () => ({ 'user-agent': CHROME, 'sec-fetch-site': 'cross-site', origin: 'https://app.example.com' }),
      200,
    ],
    ['a page that may not ask', () => ({ 'user-agent': CHROME, origin: 'https://evil.example' }), 400],
    [
      'an image on another page',
      () => ({ 'user-agent': CHROME, 'sec-fetch-site': 'cross-site', referer: `${own()}/` }),
      400,
    ],
    ['another host of the same site', () => ({ 'user-agent': CHROME, 'sec-fetch-site': 'same-site' }), 400],
    ['another page over http', () => ({ 'user-agent': CHROME, referer: 'http://evil.example/' }), 400],
    ['a browser that does not say where from', () => ({ 'user-agent': CHROME }), 400],
    ['a sandboxed frame', () => ({ 'user-agent': CHROME, origin: 'null' }), 400],
  ])('of %s', async (_, headers, status) => {
    const answer = await get(path, headers());
    expect(answer.status).toBe(status);
    expect(answer.type).toMatch(/json/);
    if (status === 200) expect(JSON.parse(answer.body)).toHaveProperty('data.server.version');
    else expect(answer.body).toMatch(/Cross-Site Request Forgery/);
  });
});

describe('what is not there', () => {
  it.each([
    ['GET', '/nope', 404],
    ['POST', '/nope', 404],
    ['GET', '//evil/x', 404],
    ['GET', '/examples/nothing.png', 404],
    ['GET', '/examples/%', 404],
    ['DELETE', '/health/live', 404],
  ])('is answered in JSON: %s %s', async (method, path, status) => {
    const answer = await get(path, {}, method);
    expect(answer.status).toBe(status);
    expect(answer.type).toMatch(/^application\/json/);
    expect(JSON.parse(answer.body)).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });

  it('is a fault of the client: a mutation that there is not, and one by GET', async () => {
    const { status, errors } = await server.post('mutation { nothing }');
    expect(status).toBe(400);
    expect(errors).toEqual([
      expect.objectContaining({
        message: expect.stringContaining('Cannot query field "nothing" on type "Mutation"'),
        extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
      }),
    ]);
    const query = encodeURIComponent('mutation { deleteCollection(name: "c") }');
    const byGet = await fetch(`${server.url}/graphql?query=${query}`, {
      headers: { 'apollo-require-preflight': '1' },
    });
    expect(byGet.status).toBe(405);
  });

  it('is no example, and none is suggested that is not near', async () => {
    const { errors } = await server.post('{ embed(input: {image: {example: "unicorn"}}) { id } }');
    expect(errors![0].message).toMatch(/^There is no example of this name\. There are /);
  });
});

describe('the introspection', () => {
  it('says which inputs take exactly one field, where a client asks', async () => {
    const { data } = await server.post(
      '{ a: __type(name: "ContentInput") { isOneOf } b: __type(name: "EmbedOptions") { isOneOf } }',
    );
    expect(data).toEqual({ a: { isOneOf: true }, b: { isOneOf: false } });
  });
});
