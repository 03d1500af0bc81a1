import { getIntrospectionQuery } from 'graphql';
import { leastOf, runServerApart, type ServerApart } from '../server-apart.js';

let server: ServerApart;
beforeAll(async () => {
  server = await runServerApart();
});
afterAll(() => server.close());

describe('JSON that is slow to read', () => {
  it.each([
    ['lists', '[' + '[],'.repeat(6_900_000) + '[]]', 'PAYLOAD_TOO_LARGE'],
    ['numbers', '[' + '1,'.repeat(9_000_000) + '1]', 'PAYLOAD_TOO_LARGE'],
    ['depth', '['.repeat(10_000_000) + ']'.repeat(10_000_000), 'PAYLOAD_TOO_LARGE'],
    ['depth of objects', '{"a":'.repeat(3_000_000) + '1' + '}'.repeat(3_000_000), 'PAYLOAD_TOO_LARGE'],
    [
      'keys',
      '{' + Array.from({ length: 1_500_000 }, (_, i) => `"k${i}":1`).join(',') + '}',
      'PAYLOAD_TOO_LARGE',
    ],
    [
      'objects of different keys',
      '[' + Array.from({ length: 1_300_000 }, (_, i) => `{"k${i}":1}`).join(',') + ']',
      'PAYLOAD_TOO_LARGE',
    ],
    [
      'as many objects of different keys as are read',
      '[' +
        Array.from(
          { length: 190_000 },
          (_, i) => `{"k${i % 9900}":1${i < 100_000 ? ''.padEnd(150) : ''}}`,
        ).join(',') +
        ']',
      undefined,
    ],
    ['spaces', '[' + ' '.repeat(20_000_000) + '1]', undefined],
    ['a string', '"' + 'x'.repeat(20_000_000) + '"', undefined],
    ['a string of escapes', '"' + '\\n'.repeat(10_000_000) + '"', undefined],
    ['a string of escaped quotes', '"' + '\\"'.repeat(10_000_000) + '"', undefined],
    ['a string of backslashes', '"' + '\\\\'.repeat(10_000_000) + '"', undefined],
    ['a string that is not ASCII', '"' + '漢'.repeat(6_600_000) + '"', undefined],
    ['a string without an end', '"' + 'x'.repeat(20_000_000), undefined],
  ])('does not hold up the event loop: 20 MB of %s', async (_, value, code) => {
    for (const body of [`{"query":"{ server { version } }","variables":{"x":${value}}}`, value]) {
      const measure = async (): Promise<number> => {
        const answer = await server.post(body);
        if (code !== undefined) expect(answer.code).toBe(code);
        return answer.longestTurnMs;
      };
      expect(await leastOf(measure, 50)).toBeLessThan(50);
    }
  });
});

const same = (count: number, text: string): string =>
  Array.from({ length: count }, (_, i) => text.replaceAll('#', String(i))).join(' ');
const ask = (query: string, variables: object = {}): string => JSON.stringify({ query, variables });
const texts = (count: number) => Array.from({ length: count }, (_, i) => ({ text: `${i}` }));
const KB = 1024;
const BATCH = 'query($i: [ContentInput!]!) { embedBatch(inputs: $i) { __typename } }';

describe('an operation that is slow to refuse or to answer does not hold up the event loop:', () => {
  it.each([
    // Documents.
    ['3,300 scalars of one name', 'QUERY_TOO_COMPLEX', () => ask(`{ ${same(3300, 'a: __typename')} }`)],
    ['1,900 objects of one name', 'QUERY_TOO_COMPLEX', () => ask(`{ ${same(1900, 'models { id }')} }`)],
    [
      '1,200 fragments with a field of one name',
      'QUERY_TOO_COMPLEX',
      () => ask(`{ ${same(1200, '...F#')} } ${same(1200, 'fragment F# on Query { a: __typename }')}`),
    ],
    [
      'fragments spread three times in each other, 25 deep',
      'QUERY_TOO_COMPLEX',
      () =>
        ask(
          `{ ...F0 } ${Array.from({ length: 25 }, (_, i) => `fragment F${i} on Query { a${i}: models { id } ${i < 24 ? `...F${i + 1} `.repeat(3) : ''} }`).join(' ')}`,
        ),
    ],
    [
      'fragments in a chain of 1,400',
      'QUERY_TOO_COMPLEX',
      () =>
        ask(
          `{ ...F0 } ${Array.from({ length: 1400 }, (_, i) => `fragment F${i} on Query { ...F${i + 1} }`).join(' ')} fragment F1400 on Query { __typename }`,
        ),
    ],
    [
      'fragments that spread each other in circles',
      'QUERY_TOO_COMPLEX',
      () =>
        ask(
          `{ ...F0 } ${Array.from({ length: 40 }, (_, i) => `fragment F${i} on Query { ...F${(i + 1) % 40} ...F${(i * 7) % 40} models { id } }`).join(' ')}`,
        ),
    ],
    [
      '200 introspections',
      'QUERY_TOO_COMPLEX',
      () =>
        ask(
          `{ ${same(200, 'a#: __schema { types { name description fields { name description args { name description type { name } } type { name kind } } } }')} }`,
        ),
    ],
    [
      '1,000 introspections of the largest type',
      'QUERY_TOO_COMPLEX',
      () => ask(`{ ${same(1000, 'a#: __type(name: "Query") { fields { args { name } } }')} }`),
    ],
    [
      '3,000 fields that are not there',
      'GRAPHQL_VALIDATION_FAILED',
      () => ask(`{ ${same(3000, 'embeddingz#')} }`),
    ],
    ['3,000 aliases', undefined, () => ask(`{ ${same(3000, 'a#: __typename')} }`)],
    [
      '1,000 variables',
      'GRAPHQL_VALIDATION_FAILED',
      () => ask(`query(${same(1000, '$v#: Int = 1')}) { models { id } }`),
    ],
    ['a comment of 20 MB', 'QUERY_TOO_COMPLEX', () => ask(`{ models { id } } #${'x'.repeat(20_000_000)}`)],
    [
      'a block string of 20 MB',
      'QUERY_TOO_COMPLEX',
      () => ask(`{ embed(input: {text: """${' \n'.repeat(6_500_000)}"""}) { id } }`),
    ],
    [
      'the introspection that tools send',
      undefined,
      () => ask(getIntrospectionQuery({ inputValueDeprecation: true, specifiedByUrl: true })),
    ],
    // Variables.
    ['20,001 contents', 'TOO_MANY_INPUTS', () => ask(BATCH, { i: texts(20_001) })],
    ['190,000 contents', 'TOO_MANY_INPUTS', () => ask(BATCH, { i: texts(190_000) })],
    [
      '40 lists of 8,000 labels',
      'TOO_MANY_INPUTS',
      () =>
        ask(
          `query(${same(40, '$l#: [String!]!')}) { ${same(40, 'a#: classify(content: {text: "a"}, labels: $l#) { label }')} }`,
          Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`l${i}`, Array(8000).fill('a')])),
        ),
    ],
    [
      'a vector of 399,000 numbers in 256 aliases',
      'DIMENSION_MISMATCH',
      () =>
        ask(`query($v: Vector!) { ${same(256, 'a#: embed(input: {vector: {values: $v}}) { id }')} }`, {
          v: Array(399_000).fill(1),
        }),
    ],
    [
      'a vector of 15 MB in base64 in 256 aliases',
      'DIMENSION_MISMATCH',
      () =>
        ask(`query($v: Vector!) { ${same(256, 'a#: embed(input: {vector: {values: $v}}) { id }')} }`, {
          v: 'AACA'.repeat(5_000_000),
        }),
    ],
    [
      'a text of 20 MB in 256 aliases',
      'TEXT_TOO_LONG',
      () =>
        ask(`query($t: String!) { ${same(256, 'a#: embed(input: {text: $t}) { id }')} }`, {
          t: 'x'.repeat(20_000_000),
        }),
    ],
    [
      'a number that is a text of 20 MB',
      'BAD_USER_INPUT',
      () =>
        ask('query($n: Int) { rank(query: {text: "a"}, candidates: [], limit: $n) { index } }', {
          n: 'x'.repeat(20_000_000),
        }),
    ],
    [
      'a content of 20 MB that is wrong',
      'BAD_USER_INPUT',
      () => ask(BATCH, { i: [{ text: 'x'.repeat(20_000_000), image: { example: 'dog' } }] }),
    ],
    ['a key of 20 MB', 'BAD_USER_INPUT', () => ask(BATCH, { i: [{ ['x'.repeat(20_000_000)]: 1 }] })],
    [
      'a template with 100,000 places for 80 labels of 1 KB',
      'TEXT_TOO_LONG',
      () =>
        ask(
          'query($l: [String!]!, $t: String!) { classify(content: {text: "a"}, labels: $l, template: $t) { label } }',
          { l: Array.from({ length: 80 }, (_, i) => `${i}`.padEnd(1000, 'x')), t: '{}'.repeat(100_000) },
        ),
    ],
    // Answers.
    [
      '3,300 aliases of a text of 32 KB',
      'QUERY_TOO_COMPLEX',
      () =>
        ask(
          `query($t: String!) { embed(input: {text: $t}, options: {truncate: true}) { ${same(3300, 'a#: text')} } }`,
          { t: `a${' '.repeat(32 * KB - 1)}` },
        ),
    ],
    [
      '450 aliases of a text of 32 KB',
      undefined,
      () =>
        ask(
          `query($t: String!) { embed(input: {text: $t}, options: {truncate: true}) { ${same(450, 'a#: text')} } }`,
          { t: `a${' '.repeat(32 * KB - 1)}` },
        ),
    ],
    [
      '450 aliases of a text of 32 KB of control characters',
      'QUERY_TOO_COMPLEX',
      () =>
        ask(
          `query($t: String!) { embed(input: {text: $t}, options: {truncate: true}) { ${same(450, 'a#: text')} } }`,
          { t: '\u0001'.repeat(32 * KB) },
        ),
    ],
    [
      '8 texts of 16,000 combining marks',
      undefined,
      () =>
        ask(
          'query($i: [ContentInput!]!) { embedBatch(inputs: $i, options: {truncate: true}) { __typename } }',
          { i: texts(8).map(({ text }) => ({ text: text + '\u0345\u0334'.repeat(8000) })) },
        ),
    ],
    [
      '256 texts, 70 aliases of their vectors',
      'QUERY_TOO_COMPLEX',
      () =>
        ask(
          `query($i: [ContentInput!]!) { embedBatch(inputs: $i) { ... on Embedding { ${same(70, 'a#: vector')} } } }`,
          { i: Array(256).fill({ text: 'a' }) },
        ),
    ],
    [
      '256 texts, 6 aliases of their vectors',
      undefined,
      () =>
        ask(
          `query($i: [ContentInput!]!) { embedBatch(inputs: $i) { ... on Embedding { ${same(6, 'a#: vector')} } } }`,
          { i: Array(256).fill({ text: 'a' }) },
        ),
    ],
    [
      '256 texts, 70 fields each',
      undefined,
      () =>
        ask(
          `query($i: [ContentInput!]!) { embedBatch(inputs: $i) { ... on Embedding { ${same(70, 'a#: dimensions')} } } }`,
          { i: Array(256).fill({ text: 'a' }) },
        ),
    ],
    [
      'a matrix of 128 × 128, 150 aliases of its cosines',
      'QUERY_TOO_COMPLEX',
      () =>
        ask(
          `query($i: [ContentInput!]!) { similarityMatrix(rows: $i, columns: $i) { ${same(150, 'a#: cosine')} } }`,
          { i: Array(128).fill({ text: 'a' }) },
        ),
    ],
    [
      'a matrix of 128 × 128, 40 aliases of its cosines',
      undefined,
      () =>
        ask(
          `query($i: [ContentInput!]!) { similarityMatrix(rows: $i, columns: $i) { ${same(20, 'a#: cosine b#: probabilities')} } }`,
          { i: Array(128).fill({ text: 'a' }) },
        ),
    ],
    [
      '255 labels, 70 aliases of their prompts of 32 KB',
      'QUERY_TOO_COMPLEX',
      () =>
        ask(
          `query($l: [String!]!, $t: String!) { classify(content: {text: "a"}, labels: $l, template: $t, options: {truncate: true}) { ${same(70, 'a#: prompt')} } }`,
          { l: Array.from({ length: 255 }, (_, i) => `${i}`), t: `{}${' '.repeat(32 * KB - 10)}` },
        ),
    ],
    [
      '1,000 aliases of all states of a text',
      'QUERY_TOO_COMPLEX',
      () => ask(`{ tokenEmbeddings(text: "a") { ${same(1000, 'a#: vectorBase64')} } }`),
    ],
  ] as const)('%s', async (_, code, body) => {
    const measure = async (): Promise<number> => {
      const answer = await server.post(body());
      expect(answer.code).toBe(code);
      return answer.longestTurnMs;
    };
    expect(await leastOf(measure, 50)).toBeLessThan(50);
  });
});
