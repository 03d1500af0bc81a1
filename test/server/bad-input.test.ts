import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import {
  buildSchema,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type GraphQLInputType,
} from 'graphql';
import { ERROR_CODES } from '../../src/errors/index.js';
import { runServer, type RunningServer } from '../running-server.js';

const schema = buildSchema(
  readFileSync(path.join(__dirname, '..', '..', 'schema', 'schema.graphql'), 'utf8'),
);
/** What a client sees besides the table: GraphQL's and Apollo's own words for a document or a request that is none. */
const CLIENT_FAULTS = ['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_REQUEST', 'BAD_USER_INPUT'];
const KNOWN = new Set<string>([...ERROR_CODES, ...CLIENT_FAULTS]);

let server: RunningServer;
beforeAll(async () => {
  server = await runServer();
});
afterEach(async () => {
  expect((await server.post('{ embed(input: {text: "a dog"}) { dimensions } }')).data).toEqual({
    embed: { dimensions: 384 },
  });
});
afterAll(() => server.close());

/** A valid value of each argument, by name. */
const VALID: Readonly<Record<string, unknown>> = {
  input: { text: 'a' },
  inputs: [{ text: 'a' }],
  a: { text: 'a' },
  b: { text: 'b' },
  rows: [{ text: 'a' }],
  columns: [{ text: 'a' }],
  query: { text: 'a' },
  candidates: [{ text: 'a' }],
  content: { text: 'a' },
  labels: ['a'],
  template: 'a {}',
  text: 'a',
  limit: 1,
  options: {},
};

const queries = Object.values(schema.getQueryType()!.getFields()).filter(({ args }) => args.length > 0);

async function ask(field: string, values: Readonly<Record<string, unknown>>) {
  const { args, type } = schema.getQueryType()!.getFields()[field];
  const given = args.filter(({ name }) => name in values);
  const head = given.map(({ name, type: of }) => `$${name}: ${String(of)}`).join(', ');
  const body = given.map(({ name }) => `${name}: $${name}`).join(', ');
  const selection = String(type).includes('EmbedResult')
    ? '{ ... on ContentError { code } __typename }'
    : '{ __typename }';
  return server.post(`query (${head}) { ${field}(${body}) ${selection} }`, values);
}

const WRONG: readonly unknown[] = [
  null,
  true,
  -1,
  Number.MAX_VALUE,
  2 ** 40,
  '',
  '\0',
  '\ud800',
  'x'.repeat(100_000),
  [],
  [[]],
  [null],
  {},
  { text: null },
  { text: 1 },
  { text: 'a', image: { example: 'dog' } },
  { image: {} },
  { image: { base64: 'AAAA', example: 'dog' } },
  { image: { upload: {} } },
  { image: { url: 'https://user@[' } },
  { vector: {} },
  { vector: { values: 'A' } },
  { vector: { values: [NaN] } },
  { vector: { values: [1e39] } },
  { vector: { values: [[1]] } },
  { vector: { values: { length: 1e9 } } },
  { blend: [] },
  { blend: [{}] },
  { blend: [{ content: { text: 'a' }, weight: null }] },
  { blend: [{ content: { blend: [] } }] },
  { __proto__: null, constructor: { prototype: {} } },
  { ['__proto__']: { text: 'a' } },
];

describe('bad input', () => {
  it.each(
    queries.flatMap(({ name, args }) =>
      args.map((argument) => [`${name}(${argument.name})`, name, argument.name]),
    ),
  )('to %s is refused with a code, or used', async (_, field, argument) => {
    const { args } = schema.getQueryType()!.getFields()[field];
    const required = Object.fromEntries(
      args.filter(({ type }) => isNonNullType(type)).map(({ name }) => [name, VALID[name]]),
    );
    for (const wrong of WRONG) {
      for (const value of [wrong, [wrong]]) {
        const { errors } = await ask(field, { ...required, [argument]: value });
        for (const { extensions, message } of errors ?? []) {
          expect(KNOWN).toContain(extensions.code);
          expect(extensions.code).not.toBe('INTERNAL_SERVER_ERROR');
          expect(message.length).toBeLessThan(700);
        }
      }
    }
  });

  it('to every field of every input type is refused with a code, or used', async () => {
    const wrongFor = (type: GraphQLInputType): unknown[] => {
      if (isNonNullType(type)) return wrongFor(type.ofType);
      if (isListType(type)) return [...wrongFor(type.ofType).map((value) => [value]), 'x', 1];
      if (isInputObjectType(type)) return [{}, 'x', 1, []];
      if (isEnumType(type)) return ['NOTHING', 1, {}];
      return WRONG.slice(0, 13);
    };
    const options = schema.getType('EmbedOptions');
    if (!isInputObjectType(options)) throw new Error('No EmbedOptions.');
    for (const { name, type } of Object.values(options.getFields())) {
      for (const value of wrongFor(type)) {
        const { errors } = await ask('embed', { input: VALID.input, options: { [name]: value } });
        for (const { extensions } of errors ?? []) {
          expect(KNOWN).toContain(extensions.code);
          expect(extensions.code).not.toBe('INTERNAL_SERVER_ERROR');
        }
      }
    }
  });

  it('of any JSON at all is survived', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 5 }), async (value) => {
        const { errors } = await ask('embedBatch', { inputs: value });
        for (const { extensions } of errors ?? []) expect(extensions.code).not.toBe('INTERNAL_SERVER_ERROR');
      }),
      { numRuns: 200 },
    );
  });
});

describe('operations that are deep, wide or recursive', () => {
  const deep = (n: number): string =>
    `{ embed(input: {text: "a"}) ${'{ similarityTo(other: {text: "a"}) { a '.repeat(n)}{ id }${' } }'.repeat(n)} }`;
  const nested = (n: number): string =>
    `{ similarity(a: {text: "a"}, b: {text: "b"}) ${'{ model '.repeat(n)}{ id }${' }'.repeat(n)} }`;
  const parts = Array.from({ length: 500 }, () => '{content: {text: "a"}}').join(' ');
  const texts = Array.from({ length: 500 }, (_, i) => `{text: "${i}"}`).join(' ');
  const strings = Array.from({ length: 500 }, (_, i) => `"${i}"`).join(' ');

  it.each([
    ['QUERY_TOO_COMPLEX', 'similarityTo 500 deep', deep(500)],
    ['QUERY_TOO_COMPLEX', 'a field that is not there, 500 deep', nested(500)],
    ['GRAPHQL_VALIDATION_FAILED', 'a field that is not there, 40 deep', nested(40)],
    ['TOO_MANY_INPUTS', 'a blend of 500', `{ embed(input: {blend: [${parts}]}) { id } }`],
    ['TOO_MANY_INPUTS', '500 rows', `{ similarityMatrix(rows: [${texts}], columns: []) { cosineBase64 } }`],
    ['TOO_MANY_INPUTS', '500 candidates', `{ rank(query: {text: "a"}, candidates: [${texts}]) { index } }`],
    ['TOO_MANY_INPUTS', '500 labels', `{ classify(content: {text: "a"}, labels: [${strings}]) { index } }`],
    [
      'QUERY_TOO_COMPLEX',
      '100 embeddings, each compared with 5',
      `{ embedBatch(inputs: [${'{text: "a"} '.repeat(100)}]) { ... on Embedding { ${[1, 2, 3, 4, 5].map((i) => `s${i}: similarityTo(other: {text: "b"}) { cosine }`).join(' ')} } } }`,
    ],
    [
      'QUERY_TOO_COMPLEX',
      'matches whose embeddings are compared again',
      `{ rank(query: {text: "a"}, candidates: [${'{text: "a"} '.repeat(50)}]) { similarity { b { ${Array.from({ length: 9 }, (_, i) => `s${i}: similarityTo(other: {text: "b"}) { cosine }`).join(' ')} } } } }`,
    ],
    [
      'QUERY_TOO_COMPLEX',
      'five blends of 60',
      `{ ${[1, 2, 3, 4, 5].map((i) => `b${i}: embed(input: {blend: [${'{content: {text: "a"}} '.repeat(60)}]}) { id }`).join(' ')} }`,
    ],
    [
      'QUERY_TOO_COMPLEX',
      '500 texts to tokenize',
      `{ ${Array.from({ length: 500 }, (_, i) => `t${i}: tokenize(text: "a") { count }`).join(' ')} }`,
    ],
    ['GRAPHQL_VALIDATION_FAILED', 'a fragment that spreads itself', '{ ...f } fragment f on Query { ...f }'],
    ['GRAPHQL_PARSE_FAILED', 'nothing but brackets', '{'.repeat(5000)],
    // 100,000 brackets: the parser gives up before it has counted as many tokens.
    ['QUERY_TOO_COMPLEX', '100,000 brackets', '{a'.repeat(100_000)],
    [
      'GRAPHQL_VALIDATION_FAILED',
      'an introspection that multiplies',
      `{ __schema { types { fields { type { fields { type { fields { type { fields { type { fields { name } } } } } } } } } } } }`,
    ],
    [
      'GRAPHQL_VALIDATION_FAILED',
      '500 directives',
      `{ server { version ${'@skip(if: true) '.repeat(500)} } }`,
    ],
  ])('end in %s: %s', async (code, _, query) => {
    const { errors, status } = await server.post(query);
    expect(errors![0].extensions.code).toBe(code);
    expect(status).toBe(400);
  });

  it('count cells of matrices', async () => {
    const small = await runServer({ limits: { maxMatrixCells: 100 } });
    try {
      const matrix = (n: number) =>
        `similarityMatrix(rows: [${'{text: "a"} '.repeat(n)}], columns: [${'{text: "a"} '.repeat(n)}]) { cosineBase64 }`;
      expect((await small.post(`{ ${matrix(10)} }`)).errors).toBeUndefined();
      for (const query of [`{ ${matrix(11)} }`, `{ a: ${matrix(8)} b: ${matrix(8)} }`]) {
        const { errors } = await small.post(query);
        expect(errors![0]).toMatchObject({
          message: expect.stringContaining('limits.maxMatrixCells'),
          extensions: { code: 'QUERY_TOO_COMPLEX' },
        });
      }
    } finally {
      await small.close();
    }
  });

  it.each([
    ['lists', '['.repeat(1e6) + ']'.repeat(1e6)],
    ['objects', '{"a":'.repeat(1e5) + '1' + '}'.repeat(1e5)],
    ['a document in lists', `{"query": ${'['.repeat(1e5)}${']'.repeat(1e5)}}`],
    [
      'a batch of operations',
      JSON.stringify(Array.from({ length: 1000 }, () => ({ query: '{ server { version } }' }))),
    ],
    [
      'variables 50,000 deep',
      `{"query": "query ($i: ContentInput!) { embed(input: $i) { id } }", "variables": {"i": ${'{"blend":['.repeat(5e4)}${']}'.repeat(5e4)}}}`,
    ],
    [
      'a million contents',
      `{"query": "query ($i: [ContentInput!]!) { embedBatch(inputs: $i) { __typename } }", "variables": {"i": [${'{"text":"a"},'.repeat(1e6)}{"text":"a"}]}}`,
    ],
  ])('in the body are refused: %s', async (_, body) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    expect(response.headers.get('content-type')).toMatch(/json/);
  });
});
