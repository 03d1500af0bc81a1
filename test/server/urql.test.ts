import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Client, fetchExchange, subscriptionExchange, type ClientOptions } from '@urql/core';
import type { Client as SocketClient } from 'graphql-ws';
import { EXAMPLES_FOLDER } from '../../src/media/index.js';
import { connect, runServer, type RunningServer } from '../running-server.js';

let server: RunningServer;
let socket: SocketClient;
beforeAll(async () => {
  server = await runServer();
  socket = connect(server);
});
afterAll(async () => {
  await socket.dispose();
  await server.close();
});

/** urql as docs/frontend.md sets it up, and by which method it asks. */
function urql(options: Partial<ClientOptions> = {}): { client: Client; methods: (string | undefined)[] } {
  const methods: (string | undefined)[] = [];
  const client = new Client({
    url: `${server.url}/graphql`,
    exchanges: [
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables }) => ({
          subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
        }),
      }),
    ],
    fetch: (input, init) => {
      methods.push(init?.method);
      return fetch(input, init);
    },
    ...options,
  });
  return { client, methods };
}

const TOKENIZE = 'query ($text: String!) { tokenize(text: $text) { count } }';
const EXAMPLE = 'query ($name: String!) { embed(input: { image: { example: $name } }) { id dimensions } }';

describe('urql with its defaults', () => {
  it('asks short queries by GET, longer ones by POST, and is answered', async () => {
    const { client, methods } = urql();
    const short = await client.query(TOKENIZE, { text: 'a dog' }).toPromise();
    expect([short.error, short.data]).toEqual([
      undefined,
      { tokenize: expect.objectContaining({ count: 4 }) },
    ]);
    const long = await client.query(TOKENIZE, { text: 'a '.repeat(5000) }).toPromise();
    expect([long.error, long.data]).toEqual([
      undefined,
      { tokenize: expect.objectContaining({ count: 77 }) },
    ]);
    expect(methods).toEqual(['GET', 'POST']);
  });

  it.each([
    ['GET', 'unicorn'],
    ['POST', 'unicorn'.repeat(1000)],
  ])('is told by %s which content was at fault', async (method, name) => {
    const { client, methods } = urql();
    const { data, error } = await client.query(EXAMPLE, { name }).toPromise();
    expect(methods).toEqual([method]);
    expect(data ?? null).toBeNull();
    expect(error!.networkError).toBeUndefined();
    expect(error!.graphQLErrors.map(({ extensions }) => extensions)).toEqual([
      expect.objectContaining({ code: 'BAD_USER_INPUT', input: { argument: 'input', index: 0 } }),
    ]);
  });

  it('is told by GET what is wrong with a query', async () => {
    const { client, methods } = urql();
    const { error } = await client.query('{ embedd(input: {text: "a dog"}) { id } }', {}).toPromise();
    expect(methods).toEqual(['GET']);
    expect(error!.graphQLErrors).toEqual([
      expect.objectContaining({
        message: expect.stringContaining('Did you mean "embed"'),
        extensions: expect.objectContaining({ code: 'GRAPHQL_VALIDATION_FAILED' }),
      }),
    ]);
  });

  it('subscribes, with graphql-ws', async () => {
    const { client, methods } = urql();
    const query =
      'subscription ($inputs: [ContentInput!]!) { embedStream(inputs: $inputs) { index result { __typename } } }';
    const inputs = ['a dog', 'a cat', 'a bird'].map((text) => ({ text }));
    const seen: unknown[] = [];
    await new Promise<void>((resolve, reject) => {
      const subscription = client.subscription(query, { inputs }).subscribe(({ data, error }) => {
        if (error !== undefined) reject(error);
        seen.push((data as { embedStream: unknown }).embedStream);
        if (seen.length < inputs.length) return;
        subscription.unsubscribe();
        resolve();
      });
    });
    const expected = inputs.map((_, index) => ({
      index,
      result: expect.objectContaining({ __typename: 'Embedding' }) as object,
    }));
    expect(seen).toHaveLength(3);
    expect(seen).toEqual(
      expect.arrayContaining(expected.map((each) => expect.objectContaining(each) as object)),
    );
    expect(methods).toEqual([]);
  });
});

describe('urql without GET', () => {
  it('uploads files', async () => {
    const { client, methods } = urql({
      preferGetMethod: false,
      fetchOptions: { headers: { 'apollo-require-preflight': 'true' } },
    });
    const query = 'query ($photo: Upload!) { embed(input: { image: { upload: $photo } }) { id } }';
    const photo = new File([readFileSync(path.join(EXAMPLES_FOLDER, 'dog.png'))], 'dog.png');
    const uploaded = await client.query(query, { photo }).toPromise();
    expect(uploaded.error).toBeUndefined();
    const { data } = await client.query(EXAMPLE, { name: 'dog' }).toPromise();
    const idOf = (answer: unknown): string => (answer as { embed: { id: string } }).embed.id;
    expect(idOf(uploaded.data)).toBe(idOf(data));
    expect(methods).toEqual(['POST', 'POST']);
  });
});
