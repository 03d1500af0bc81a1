import { once } from 'node:events';
import { WebSocket } from 'ws';
import { connect, runServer, type RunningServer } from '../running-server.js';

let server: RunningServer;
beforeAll(async () => {
  server = await runServer({ limits: { maxStreams: 6, maxStreamInputs: 3000, maxQueue: 64 } });
});
afterAll(() => server.close());

const STREAM = `subscription ($inputs: [ContentInput!]!, $options: EmbedOptions) {
  embedStream(inputs: $inputs, options: $options) {
    completed total index
    result { __typename ... on Embedding { id text vectorBase64 } ... on ContentError { index code message } }
  }
}`;

interface Progress {
  readonly completed: number;
  readonly total: number;
  readonly index: number;
  readonly result: { readonly __typename: string; readonly text?: string; readonly code?: string };
}

interface StreamAnswer {
  readonly data?: { readonly embedStream: Progress } | null;
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}

const texts = (n: number, prefix: string) =>
  Array.from({ length: n }, (_, i) => ({ text: `${prefix} ${i}` }));
/** Texts that the server has run so far. */
async function textsRun(): Promise<number> {
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  return Number(/clipgraph_batch_size_sum\{runtime="cpu",kind="text"\} (\d+)/.exec(metrics)?.[1] ?? 0);
}

describe('embedStream', () => {
  it('sends each result once, as it is ready, with the count so far', async () => {
    const client = connect(server);
    const inputs = [...texts(300, 'stream'), { image: { example: 'dog' } }, { image: { base64: 'AAAA' } }];
    const seen: Progress[] = [];
    for await (const { data, errors } of client.iterate({ query: STREAM, variables: { inputs } })) {
      expect(errors).toBeUndefined();
      seen.push(data!.embedStream as Progress);
    }
    expect(seen.map(({ completed }) => completed)).toEqual(inputs.map((_, i) => i + 1));
    expect(new Set(seen.map(({ total }) => total))).toEqual(new Set([302]));
    expect(seen.map(({ index }) => index).sort((a, b) => a - b)).toEqual(inputs.map((_, i) => i));
    for (const { index, result } of seen.slice(0, 300)) {
      if (index < 300) expect(result.text).toBe(`stream ${index}`);
    }
    expect(seen.find(({ index }) => index === 301)!.result).toMatchObject({
      __typename: 'ContentError',
      index: 301,
      code: 'UNSUPPORTED_IMAGE_FORMAT',
    });
    await client.dispose();
  });

  it('stops within a batch when the client unsubscribes', async () => {
    const client = connect(server);
    const before = await textsRun();
    let received = 0;
    await new Promise<void>((resolve, reject) => {
      const unsubscribe = client.subscribe(
        { query: STREAM, variables: { inputs: texts(3000, 'cancelled') } },
        {
          next: () => {
            if (++received === 20) unsubscribe();
          },
          error: reject,
          complete: resolve,
        },
      );
    });
    await new Promise((resolve) => setTimeout(resolve, 1500)); // The batch that had started ends.
    const atOnce = await textsRun();
    // What was under way: a window of 128 contents and the batch that had started.
    expect(atOnce - before).toBeLessThan(400);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await textsRun()).toBe(atOnce);
    await client.dispose();
  });

  it('stops when the client is gone', async () => {
    const before = await textsRun();
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(socket, 'open');
    socket.send('{"type": "connection_init"}');
    await once(socket, 'message');
    const payload = { query: STREAM, variables: { inputs: texts(3000, 'gone') } };
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
    await once(socket, 'message');
    socket.terminate();
    await new Promise((resolve) => setTimeout(resolve, 1500)); // The batch that had started ends.
    const atOnce = await textsRun();
    expect(atOnce - before).toBeLessThan(400);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await textsRun()).toBe(atOnce);
  });

  it('leaves other requests their turn', async () => {
    const client = connect(server);
    const results = client.iterate({ query: STREAM, variables: { inputs: texts(1500, 'long') } });
    await results.next();
    const { data } = await server.post('{ embed(input: {text: "in between"}) { id } }');
    expect(data!.embed).toBeTruthy();
    let left = 0;
    while ((await results.next()).done !== true) left++;
    expect(left).toBe(1499);
    await client.dispose();
  });

  it('shares the limits, the codes and the queries of HTTP', async () => {
    const client = connect(server);
    const first = async (query: string, variables = {}): Promise<StreamAnswer> => {
      const results = client.iterate({ query, variables });
      const { value } = await results.next();
      await results.return!();
      return value as StreamAnswer;
    };
    const codeOf = async (query: string, variables = {}): Promise<string> => {
      try {
        return (await first(query, variables)).errors![0].extensions.code;
      } catch (errors) {
        return (errors as StreamAnswer['errors'])![0].extensions.code; // Refused before it ran.
      }
    };
    expect(await codeOf(STREAM, { inputs: texts(3001, 'a') })).toBe('TOO_MANY_INPUTS');
    expect(await codeOf(STREAM, { inputs: texts(1, 'a'), options: { model: 'x' } })).toBe('MODEL_NOT_FOUND');
    expect(await codeOf(STREAM, { inputs: texts(1, 'a'), options: { runtime: 'x' } })).toBe(
      'RUNTIME_NOT_FOUND',
    );
    expect(await codeOf(STREAM, { inputs: [{}] })).toBe('BAD_USER_INPUT');
    expect(await codeOf('subscription { nothing }')).toBe('BAD_USER_INPUT');
    expect(await codeOf('{')).toBe('BAD_USER_INPUT');
    expect(await codeOf(`{ ${'a: __typename '.repeat(9000)} }`)).toBe('QUERY_TOO_COMPLEX');
    expect(
      await codeOf(
        `{ ${Array.from({ length: 300 }, (_, i) => `a${i}: embed(input: {text: "a"}) { id }`).join(' ')} }`,
      ),
    ).toBe('QUERY_TOO_COMPLEX');
    expect(await first('{ server { version } }')).toMatchObject({
      data: { server: { version: expect.any(String) } },
    });
    await client.dispose();
  });

  it('runs half as many of a client at once as the limit says', async () => {
    const client = connect(server);
    const many = Array.from({ length: 4 }, (_, i) =>
      client.iterate({ query: STREAM, variables: { inputs: texts(1000, `busy ${i}`) } }),
    );
    const answers = await Promise.allSettled(many.map((results) => results.next()));
    const refused = answers.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    expect(refused).toHaveLength(1);
    expect((refused[0].reason as StreamAnswer['errors'])![0].extensions.code).toBe('OVERLOADED');
    for (const results of many) await results.return!();
    await client.dispose();
  });

  it('is not offered over HTTP', async () => {
    const { errors } = await server.post(STREAM, { inputs: texts(1, 'a') });
    expect(errors![0].message).toMatch(/subscription/i);
  });

  it('survives messages that are none', async () => {
    for (const message of ['{', 'null', '{"type": "subscribe"}', Buffer.from([0xff, 0xfe])]) {
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
      await once(socket, 'open');
      socket.send(message);
      const [code] = await once(socket, 'close');
      expect(code).toBeGreaterThanOrEqual(4400);
    }
    expect((await server.post('{ server { version } }')).data).toBeTruthy();
  });
});
