import path from 'node:path';
import type { ErrorCode } from '../../src/errors/index.js';
import type { ConfigInput } from '../../src/config/index.js';
import { Model } from '../../src/models/index.js';
import { inMemory } from '../in-memory-store.js';
import { runServer } from '../running-server.js';

interface Case {
  readonly config?: ConfigInput;
  readonly query: string;
  readonly variables?: object;
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** What is sent first. */
  readonly before?: string;
}

const EMBED = 'query ($input: ContentInput!) { embed(input: $input) { id } }';
const many = Array.from({ length: 300 }, () => ({ text: 'a' }));
const embedding = (input: object, config: ConfigInput = {}): Case => ({
  query: EMBED,
  variables: { input },
  config,
});
const image = (bytes: string | Buffer): object => ({
  image: { base64: Buffer.from(bytes).toString('base64') },
});
/** A PNG's beginning that states 1,000 × 1,000 pixels. */
const LARGE_PNG = Buffer.from('89504e470d0a1a0a0000000d49484452000003e8000003e80802000000c0e3b9e7', 'hex');

const CREATE = 'mutation { createCollection(input: {name: "c"}) { name } }';
const collections = (query: string, config: ConfigInput = {}, status = 200): Case => ({
  query,
  config: { ...inMemory(), ...config },
  status,
});

/** One request that ends in each code of the table. */
const CASES: Record<ErrorCode, Case> = {
  BAD_USER_INPUT: embedding({ image: { example: 'unicorn' } }),
  PAYLOAD_TOO_LARGE: {
    ...embedding({ text: 'a'.repeat(2000) }, { limits: { maxBodyBytes: 1000 } }),
    status: 413,
  },
  TEXT_TOO_LONG: embedding({ text: 'dog '.repeat(100) }),
  UNDECODABLE_IMAGE: embedding(image(Buffer.from('ffd8ffe000104a464946', 'hex'))),
  UNSUPPORTED_IMAGE_FORMAT: embedding(image('plain text')),
  IMAGE_TOO_LARGE: embedding(image(LARGE_PNG), { limits: { maxImagePixels: 1000 } }),
  INVALID_BASE64: embedding({ image: { base64: '#' } }),
  INVALID_VECTOR: embedding({ vector: { values: 'AAA' } }),
  ZERO_VECTOR: embedding({ vector: { values: Array.from({ length: 384 }, () => 0) } }),
  DIMENSION_MISMATCH: embedding({ vector: { values: [1, 2, 3] } }),
  URL_NOT_ALLOWED: embedding({ image: { url: 'https://example.org/a.png' } }),
  FETCH_FAILED: embedding(
    { image: { url: 'https://nothing.invalid/a.png' } },
    { images: { urls: { allow: ['*.invalid'] } } },
  ),
  TOO_MANY_INPUTS: {
    query: 'query ($inputs: [ContentInput!]!) { embedBatch(inputs: $inputs) { __typename } }',
    variables: { inputs: many },
    status: 400,
  },
  QUERY_TOO_COMPLEX: {
    query: `{ ${many.map((_, i) => `a${i}: embed(input: {text: "a"}) { id }`).join(' ')} }`,
    status: 400,
  },
  MODEL_NOT_FOUND: { query: '{ embed(input: {text: "a"}, options: {model: "vit"}) { id } }' },
  MODEL_MISMATCH: embedding({ vector: { values: [1], checksum: 'another' } }),
  MODALITY_NOT_SUPPORTED: {
    ...embedding({ text: 'a' }),
    config: { model: path.join(__dirname, '..', 'goldens', 'tiny-clip') }, // Its text tower is not committed.
  },
  MODEL_UNAVAILABLE: { query: '{ embed(input: {text: "a model that vanishes"}) { id } }', status: 503 },
  RUNTIME_NOT_FOUND: { query: '{ embed(input: {text: "a"}, options: {runtime: "gpu"}) { id } }' },
  RUNTIME_UNAVAILABLE: {
    query: '{ embed(input: {text: "a"}, options: {runtime: "cuda"}) { id } }',
    status: 503,
  },
  OUT_OF_MEMORY: {
    query: '{ embed(input: {text: "a"}) { id } }',
    config: {
      plugins: [path.join(__dirname, '..', 'faulty')],
      runtime: 'faulty',
      runtimes: { faulty: { always: 'has no memory' } },
    },
    status: 503,
  },
  COLLECTION_NOT_FOUND: collections('{ collection(name: "c") { count } }'),
  COLLECTION_EXISTS: { ...collections(CREATE), before: CREATE },
  COLLECTION_FULL: {
    ...collections(
      'mutation { addItems(collection: "c", items: [{content: {text: "a"}}, {content: {text: "b"}}]) { __typename } }',
      { limits: { maxCollectionItems: 1 } },
      507,
    ),
    before: CREATE,
  },
  ITEM_NOT_FOUND: {
    ...collections('{ search(collection: "c", itemId: "x") { searched } }'),
    before: CREATE,
  },
  STORE_NOT_FOUND: collections(
    'mutation { createCollection(input: {name: "c", store: "postgresql"}) { name } }',
  ),
  STORE_UNAVAILABLE: collections(
    '{ collections { name } }',
    { stores: { 'in-memory': { fails: true } } },
    503,
  ),
  FORBIDDEN: {
    ...collections(CREATE, { auth: { tokens: ['reads'] } }, 403),
    headers: { authorization: 'Bearer reads' },
  },
  OVERLOADED: {
    query: `{ ${many
      .slice(0, 100)
      .map((_, i) => `a${i}: embed(input: {text: "text ${i}"}) { id }`)
      .join(' ')} }`,
    config: { limits: { maxQueue: 4 } },
    status: 429,
  },
  TIMEOUT: {
    query: '{ embed(input: {text: "while its process sleeps"}) { id } }',
    config: { limits: { timeoutMs: 8000 } },
    status: 504,
  },
  UNAUTHENTICATED: { query: '{ server { version } }', config: { auth: { tokens: ['secret'] } }, status: 401 },
  RATE_LIMITED: { query: '{ server { version } }', config: { rateLimit: { requests: 1 } }, status: 429 },
  INTERNAL_SERVER_ERROR: { query: '{ models { checksum } }', status: 500 },
};

describe('every code of the table', () => {
  afterEach(() => jest.restoreAllMocks());

  it.each(Object.keys(CASES) as (keyof typeof CASES)[])('%s reaches a client over HTTP', async (code) => {
    const { config = {}, query, variables, status = 200, headers, before } = CASES[code];
    const server = await runServer(config);
    try {
      // Files that vanish, and a fault of ours: what no client can bring about.
      if (code === 'MODEL_UNAVAILABLE') {
        jest.spyOn(Model.prototype as any, 'tower').mockImplementation(() =>
          Promise.resolve({
            ...{ key: 'vanished', kind: 'text', graph: { path: '/nowhere/text.onnx' } },
            manifest: {
              model: 'starter',
              input: 'input_ids',
              output: 'text_embeds',
              dimensions: 384,
              padding: { id: 0 },
            },
          }),
        );
      }
      if (code === 'INTERNAL_SERVER_ERROR') {
        jest.spyOn(Model.prototype, 'checksum').mockRejectedValue(new Error('/secret/path'));
      }
      if (code === 'TIMEOUT') process.kill((await server.embedder.runtimes.default()).pids[0], 'SIGSTOP');
      if (code === 'RATE_LIMITED') await server.post(query, variables);
      if (before !== undefined) await server.post(before);
      const answer = await server.post(query, variables, headers);
      expect(answer.errors![0].extensions.code).toBe(code);
      expect(answer.errors![0].message).not.toMatch(/\/(secret|nowhere|work|root|tmp)\b/);
      expect(answer.errors![0].message).toMatch(/^[A-Z].{10,}[.?]$/s);
      expect(answer.status).toBe(status);
      if (code === 'INTERNAL_SERVER_ERROR') expect(answer.errors![0].extensions.id).toMatch(/^[\da-f-]{36}$/);
    } finally {
      await server.close();
    }
  });
});
