import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { EXAMPLES_FOLDER } from '../../src/media/index.js';
import { multipart, rawRequest, type RawAnswer } from '../raw-request.js';
import { runServer, type RunningServer } from '../running-server.js';

const dog = readFileSync(path.join(EXAMPLES_FOLDER, 'dog.png'));
const cat = readFileSync(path.join(EXAMPLES_FOLDER, 'cat.jpg'));
const BATCH = `query ($inputs: [ContentInput!]!) {
  embedBatch(inputs: $inputs) { ... on Embedding { image { format } } ... on ContentError { code } }
}`;
const place = (index: number): string => `variables.inputs.${index}.image.upload`;
const batchOf = (count: number) => ({
  query: BATCH,
  variables: { inputs: Array.from({ length: count }, () => ({ image: { upload: null } })) },
});
const formats = ({ text }: RawAnswer): unknown[] =>
  JSON.parse(text).data.embedBatch.map((result: any) => result.image?.format ?? result.code);

let server: RunningServer;
beforeAll(async () => {
  server = await runServer({ limits: { timeoutMs: 10_000 } });
});
afterEach(async () => {
  expect(server.embedder.budget.bytes).toBe(0);
  expect((await server.post('{ server { version } }')).status).toBe(200);
});
afterAll(() => server.close());

const send = (operations: unknown, map: unknown, files: readonly (readonly [string, Buffer])[]) => {
  const { headers, body } = multipart(operations, map, files);
  return rawRequest(server, { headers, chunks: [body] });
};

describe('a multipart request', () => {
  it('puts one file at several places', async () => {
    const query = `query ($a: Upload!, $b: Upload!) {
      similarity(a: {image: {upload: $a}}, b: {image: {upload: $b}}) { cosine }
    }`;
    const map = { 0: ['variables.a', 'variables.b'] };
    const { text } = await send({ query, variables: { a: null, b: null } }, map, [['0', dog]]);
    expect(JSON.parse(text).data.similarity.cosine).toBeCloseTo(1, 6);
    const many = await send(batchOf(100), { f: Array.from({ length: 100 }, (_, i) => place(i)) }, [
      ['f', dog],
    ]);
    expect(formats(many)).toEqual(Array.from({ length: 100 }, () => 'PNG'));
  });

  it.each([
    [
      'in the order of the map',
      [
        ['0', dog],
        ['1', cat],
      ],
      ['PNG', 'JPEG'],
    ],
    [
      'in another order',
      [
        ['1', cat],
        ['0', dog],
      ],
      ['PNG', 'JPEG'],
    ],
    [
      'with one that the map does not name',
      [
        ['0', dog],
        ['x', cat],
        ['1', cat],
      ],
      ['PNG', 'JPEG'],
    ],
    ['with one missing', [['0', dog]], ['PNG', 'BAD_USER_INPUT']],
    [
      'with an empty one',
      [
        ['0', dog],
        ['1', Buffer.alloc(0)],
      ],
      ['PNG', 'UNDECODABLE_IMAGE'],
    ],
  ] as [string, [string, Buffer][], string[]][])('takes files %s', async (_, files, expected) => {
    const answer = await send(batchOf(2), { 0: [place(0)], 1: [place(1)] }, files);
    expect(formats(answer)).toEqual(expected);
  });

  it.each([
    [
      'a file sent twice',
      [
        ['0', dog],
        ['0', dog],
      ],
    ],
    [
      'a file sent three times',
      [
        ['0', dog],
        ['0', dog],
        ['0', dog],
      ],
    ],
    [
      'a file sent again after another',
      [
        ['0', dog],
        ['1', cat],
        ['0', dog],
      ],
    ],
    [
      'a large file sent twice',
      [
        ['0', dog],
        ['0', Buffer.alloc(2_000_000)],
      ],
    ],
  ] as [string, [string, Buffer][]][])('is refused at once for %s', async (_, files) => {
    const answer = await send(batchOf(2), { 0: [place(0)], 1: [place(1)] }, files);
    expect([answer.status, answer.code]).toEqual([400, 'BAD_USER_INPUT']);
    expect(answer.text).toMatch(/sends a file twice/);
  });

  it.each([
    ['that is no object', []],
    ['that is null', null],
    ['that is no JSON', '{'],
    ['of places that are no lists', { 0: place(0) }],
    ['of places that are no strings', { 0: [[place(0)]] }],
    ['with a place that is not there', { 0: [place(2)] }],
    ['with a place that is no null', { 0: ['variables.inputs'] }],
    ['with a place outside the variables', { 0: ['query'] }],
    ['with a place beside the variables', { 0: ['nothing'] }],
    ['with a place below a null', { 0: [`${place(0)}.x`] }],
    ['with one place for two files', { 0: [place(0)], 1: [place(0)] }],
    ['with a place of a list that is its length', { 0: ['variables.inputs.length'] }],
    ['with an empty place', { 0: [''] }],
    ['with a place of a million dots', { 0: [`variables${'.a'.repeat(1_000_000)}`] }],
    ...['__proto__', 'constructor', 'constructor.prototype', 'toString'].map((name): [string, object] => [
      `into a prototype: ${name}`,
      { 0: [`variables.${name}.x`, `${name}.x`] },
    ]),
  ])('is refused for a map %s', async (_, map) => {
    const answer = await send(batchOf(1), map, [['0', dog]]);
    expect([answer.status, answer.code]).toEqual([400, 'BAD_USER_INPUT']);
    expect(({} as any).x).toBeUndefined();
  });

  it('takes a key __proto__ for the key that it is', async () => {
    const operations = `{"query": ${JSON.stringify(BATCH)}, "variables": {"inputs": [], "__proto__": {"x": null}}}`;
    const answer = await send(operations, { 0: ['variables.__proto__.x'] }, [['0', dog]]);
    expect(answer.status).toBe(200);
    expect(({} as any).x).toBeUndefined();
  });

  it.each([
    ['more places than contents are allowed', { 0: Array.from({ length: 257 }, (_, i) => place(i)) }],
    [
      'more names than contents are allowed',
      Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`f${i}`, []])),
    ],
  ])('is TOO_MANY_INPUTS for %s', async (_, map) => {
    const answer = await send(batchOf(257), map, []);
    expect([answer.status, answer.code]).toEqual([400, 'TOO_MANY_INPUTS']);
  });

  it('is TOO_MANY_INPUTS for more parts than contents are allowed', async () => {
    const files = Array.from({ length: 5000 }, (_, i): [string, Buffer] => [`x${i}`, Buffer.from('x')]);
    const answer = await send(batchOf(1), { 0: [place(0)] }, files);
    expect([answer.status, answer.code]).toEqual([400, 'TOO_MANY_INPUTS']);
  });

  it('that breaks off within a file is refused', async () => {
    const { headers, body } = multipart(batchOf(1), { 0: [place(0)] }, [['0', dog]]);
    const answer = await rawRequest(server, { headers, chunks: [body.subarray(0, 600)] });
    expect([answer.status, answer.code]).toEqual([400, 'BAD_USER_INPUT']);
  });

  it('is answered for every cut, doubling and shuffle of its bytes', async () => {
    const { headers, body } = multipart(batchOf(2), { 0: [place(0)], 1: [place(1)] }, [
      ['0', Buffer.from('AAAA')],
      ['1', Buffer.from('BBBB')],
    ]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(body.length), fc.nat(body.length)), { minLength: 1, maxLength: 4 }),
        async (cuts) => {
          const chunks = cuts.map(([a, b]) => body.subarray(Math.min(a, b), Math.max(a, b)));
          const answer = await rawRequest(server, { headers, chunks });
          expect([200, 400]).toContain(answer.status);
          expect(answer.text).not.toContain('INTERNAL');
        },
      ),
      { numRuns: 150 },
    );
  });

  it('is read the same in chunks of a byte', async () => {
    const { headers, body } = multipart(batchOf(1), { 0: [place(0)] }, [['0', Buffer.from('hello')]]);
    const chunks = Array.from(body, (_, i) => body.subarray(i, i + 1));
    expect(formats(await rawRequest(server, { headers, chunks }))).toEqual(['UNSUPPORTED_IMAGE_FORMAT']);
  });

  it('that never ends is answered when its time is over', async () => {
    const hasty = await runServer({ limits: { timeoutMs: 6000 } });
    try {
      const { headers, body } = multipart(batchOf(1), { 0: [place(0)] }, [['0', dog]]);
      const answer = await rawRequest(hasty, { headers, chunks: [body.subarray(0, 1000)], ends: false });
      expect([answer.status, answer.code]).toEqual([504, 'TIMEOUT']);
      expect(hasty.embedder.budget.bytes).toBe(0);
    } finally {
      await hasty.close();
    }
  });

  it('larger than a body may be is 413, with a length or without', async () => {
    const { headers, body } = multipart(batchOf(1), { 0: [place(0)] }, [['0', Buffer.alloc(22 * 2 ** 20)]]);
    for (const length of [{}, { 'content-length': body.length }]) {
      const chunks = Array.from({ length: 352 }, (_, i) => body.subarray(i * 65_536, (i + 1) * 65_536));
      const answer = await rawRequest(server, {
        headers: { ...headers, ...length },
        chunks: [...chunks, body.subarray(352 * 65_536)],
      });
      expect([answer.status, answer.code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    }
  });
});
