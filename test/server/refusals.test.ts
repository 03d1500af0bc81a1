import { readFileSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { EXAMPLES_FOLDER } from '../../src/media/index.js';
import { EmbedDocument, SimilarityDocument } from '../generated/client.js';
import { askUntilAnswered, runServer, type RunningServer } from '../running-server.js';

let server: RunningServer;
beforeAll(async () => {
  server = await runServer({ limits: { maxImagePixels: 500_000 } });
});
afterEach(async () => {
  const { data } = await server.ask(SimilarityDocument, { a: { text: 'a dog' }, b: { text: 'a cat' } });
  expect(data!.similarity.cosine).toBeCloseTo(0.54, 1); // It goes on.
});
afterAll(() => server.close());

const cat = readFileSync(path.join(EXAMPLES_FOLDER, 'cat.jpg'));
const asBase64 = (bytes: Uint8Array) => ({ image: { base64: Buffer.from(bytes).toString('base64') } });

describe('a content that is refused', () => {
  it.each([
    ['UNDECODABLE_IMAGE', 'a picture cut short', asBase64(cat.subarray(0, 9000)), /damaged or cut short/],
    ['UNDECODABLE_IMAGE', 'no bytes', { image: { base64: '' } }, /empty/],
    [
      'UNSUPPORTED_IMAGE_FORMAT',
      'a text file',
      asBase64(Buffer.from('hello, world')),
      /Send JPEG, PNG, WebP, GIF, TIFF or AVIF/,
    ],
    ['IMAGE_TOO_LARGE', 'a bomb', asBase64(bomb()), /60000 × 60000 = 3600000000 pixels; the limit is 500000/],
    ['INVALID_BASE64', 'base64 with a hash', { image: { base64: 'ab#d' } }, /outside the standard alphabet/],
    [
      'INVALID_BASE64',
      'a data: URI that is not base64',
      { image: { base64: 'data:image/png,abc' } },
      /;base64/,
    ],
    ['BAD_USER_INPUT', 'an unknown example', { image: { example: 'dgo' } }, /Did you mean dog\?/],
    ['TEXT_TOO_LONG', '78 tokens', { text: 'dog '.repeat(76) }, /has 78 tokens.*reads 77/],
    [
      'TEXT_TOO_LONG',
      'a text of 10 MB',
      { text: 'a'.repeat(10_000_000) },
      /10000000 bytes; the limit is 32768/,
    ],
    ['BAD_USER_INPUT', 'half of a surrogate pair', { text: 'a \ud83d' }, /surrogate/],
  ])('%s for %s', async (code, _, input, message) => {
    const { errors, data, status } = await server.ask(EmbedDocument, { input });
    expect(status).toBe(200);
    expect(data).toBeNull();
    expect(errors![0].extensions).toEqual({ code, input: { argument: 'input', index: 0 } });
    expect(errors![0].message).toMatch(message);
    expect(errors![0].message.length).toBeLessThan(400);
  });
});

describe('a request that is refused', () => {
  it('names the nearest model and runtime', async () => {
    const input = { text: 'a' };
    const model = await server.ask(EmbedDocument, { input, options: { model: 'startre' } });
    expect(model.errors![0]).toMatchObject({
      message: expect.stringContaining('Did you mean starter?'),
      extensions: { code: 'MODEL_NOT_FOUND' },
    });
    const runtime = await server.ask(EmbedDocument, { input, options: { runtime: 'cpuu' } });
    expect(runtime.errors![0]).toMatchObject({
      message: expect.stringContaining('Did you mean cpu?'),
      extensions: { code: 'RUNTIME_NOT_FOUND' },
    });
  });

  it('for a list that is too long', async () => {
    const inputs = Array.from({ length: 257 }, () => ({ text: 'a' }));
    const { errors, status } = await server.post(
      'query ($inputs: [ContentInput!]!) { embedBatch(inputs: $inputs) { __typename } }',
      { inputs },
    );
    expect(status).toBe(400);
    expect(errors![0]).toMatchObject({
      message: expect.stringContaining('256'),
      extensions: { code: 'TOO_MANY_INPUTS' },
    });
  });

  it('for the same list spelled out', async () => {
    const { errors } = await server.post(
      `{ embedBatch(inputs: [${'{text:"a"}'.repeat(257)}]) { __typename } }`,
    );
    expect(errors![0].extensions.code).toBe('TOO_MANY_INPUTS');
  });

  it.each([
    [
      '10,000 aliases',
      `{ ${Array.from({ length: 10_000 }, (_, i) => `a${i}: embed(input: {text: "a"}) { id }`).join(' ')} }`,
    ],
    [
      '10,000 aliases of a name',
      `{ ${Array.from({ length: 10_000 }, (_, i) => `a${i}: __typename`).join(' ')} }`,
    ],
    [
      '300 aliases',
      `{ ${Array.from({ length: 300 }, (_, i) => `a${i}: embed(input: {text: "a"}) { id }`).join(' ')} }`,
    ],
    ['fragments that double', doublingFragments(30)],
    [
      'too many fields of too many contents',
      `{ embedBatch(inputs: [${'{text:"a"}'.repeat(200)}]) { ... on Embedding { ${Array.from({ length: 120 }, (_, i) => `n${i}: norm`).join(' ')} } } }`,
    ],
  ])('for %s', async (_, query) => {
    const { errors, status } = await server.post(query);
    expect(status).toBe(400);
    expect(errors![0].extensions.code).toBe('QUERY_TOO_COMPLEX');
  });

  it('never echoes a value back', async () => {
    const secret = 'secret'.repeat(100_000);
    const { errors } = await server.post('query ($input: ContentInput!) { embed(input: $input) { id } }', {
      input: secret,
    });
    expect(errors![0].extensions.code).toBe('BAD_USER_INPUT');
    expect(errors![0].message).not.toContain('secretsecret');
  });

  it('for two kinds of content in one', async () => {
    const { errors } = await server.post('{ embed(input: { text: "a", image: { example: "dog" } }) { id } }');
    expect(errors![0]).toMatchObject({ message: expect.stringContaining('exactly one key') });
  });

  it('as JSON when the body is too large, or is no JSON', async () => {
    const send = async (body: string) => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body });
      return { status: response.status, body: await response.json() };
    };
    expect(await send(`"${'a'.repeat(21 * 2 ** 20)}"`)).toEqual({
      status: 413,
      body: {
        errors: [{ message: expect.stringContaining('20971520'), extensions: { code: 'PAYLOAD_TOO_LARGE' } }],
      },
    });
    expect(await send('{"query":')).toEqual({
      status: 400,
      body: {
        errors: [{ message: expect.stringContaining('JSON'), extensions: { code: 'BAD_USER_INPUT' } }],
      },
    });
  });

  it('takes a body of 19 MB', async () => {
    const padding = Buffer.alloc(14 * 2 ** 20); // JPEG decoders ignore what follows the end.
    const { data } = await server.ask(EmbedDocument, { input: asBase64(Buffer.concat([cat, padding])) });
    expect(data!.embed.image).toMatchObject({ width: 451, height: 300 });
  });

  it('that no page of another site can send', async () => {
    const response = await fetch(`${server.url}/graphql?query={server{version}}`, {
      headers: { 'sec-fetch-site': 'cross-site' },
    });
    expect(response.status).toBe(400);
  });
});

describe('limits of time and of the queue', () => {
  it('answers TIMEOUT when the time is over, and has a new process for the next request', async () => {
    const hasty = await runServer({ limits: { timeoutMs: 3000 } });
    try {
      const [pid] = (await hasty.embedder.runtimes.default()).pids;
      process.kill(pid, 'SIGSTOP');
      const { errors, status } = await hasty.ask(EmbedDocument, { input: { text: 'a dog' } });
      expect(status).toBe(504);
      expect(errors![0]).toMatchObject({
        message: expect.stringContaining('3000 ms'),
        extensions: { code: 'TIMEOUT' },
      });
      const { embed } = await askUntilAnswered(() => hasty.ask(EmbedDocument, { input: { text: 'a cat' } }));
      expect(embed.dimensions).toBe(384);
      expect((await hasty.embedder.runtimes.default()).pids).not.toContain(pid);
    } finally {
      await hasty.close();
    }
  });

  it('answers OVERLOADED as soon as the queue is full', async () => {
    const small = await runServer({ limits: { maxQueue: 8 } });
    try {
      const inputs = Array.from({ length: 200 }, (_, i) => ({ text: `text ${i}` }));
      const { errors, status } = await small.post(
        'query ($inputs: [ContentInput!]!) { embedBatch(inputs: $inputs) { __typename } }',
        { inputs },
      );
      expect(status).toBe(429);
      expect(errors![0].extensions.code).toBe('OVERLOADED');
      const { data } = await small.ask(EmbedDocument, { input: { text: 'still there' } });
      expect(data!.embed.dimensions).toBe(384);
    } finally {
      await small.close();
    }
  });
});

/** A PNG header that declares 60,000 × 60,000 pixels, with the right checksum. */
function bomb(): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc32(body), body.length + 4);
    return out;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(60_000, 0);
  header.writeUInt32BE(60_000, 4);
  header.set([8, 2], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', Buffer.from([0x78, 0x9c, 0x63, 0, 0, 0, 1, 0, 1])),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function doublingFragments(depth: number): string {
  const fragments = Array.from(
    { length: depth },
    (_, i) => `fragment f${i} on Query { ...f${i + 1} ...f${i + 1} }`,
  );
  return `{ ...f0 } ${fragments.join(' ')} fragment f${depth} on Query { server { version } }`;
}
