import { gzipSync } from 'node:zlib';
import { multipart } from '../raw-request.js';
import { anyValue, content } from './contents.js';
import { operation } from './documents.js';
import { anyPicture } from './pictures.js';
import { damage, type Random } from './random.js';

/** What is sent in one HTTP request. */
export interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers: Record<string, string | number>;
  readonly body: Buffer;
  /** The client goes away after so many bytes of the body. */
  readonly leavesAfter?: number;
}

const JSON_HEADERS = { 'content-type': 'application/json' };

export function documentRequest(random: Random): Sent {
  return { headers: JSON_HEADERS, body: Buffer.from(JSON.stringify(operation(random))) };
}

/** JSON that costs by its form, up to 2 MB and now and then 20. */
function largeJson(random: Random): string {
  const size = random.chance(0.05) ? 18_000_000 : 1 + random.below(2_000_000);
  const filled = (part: string): string => part.repeat(Math.ceil(size / part.length));
  return random.pick([
    () => `[${filled('[],')}[]]`,
    () => filled('['),
    () => filled('{"a":'),
    () => `[${filled('1,')}1]`,
    () => `"${filled(random.pick(['x', '\\n', '\\u0041', '漢', '\\"', '\\ud800']))}"`,
    () => `[${filled(' ')}1]`,
    () => `{${Array.from({ length: Math.ceil(size / 12) }, (_, i) => `"k${i}":1`).join(',')}}`,
    () => filled('9'),
    () => `[${filled('{"text":"a"},')}{"text":"a"}]`,
  ])();
}

/** A body that is JSON, or was: damaged, deep, large, of the wrong types, compressed, in another charset. */
export function jsonRequest(random: Random): Sent {
  const inputs = 'query ($inputs: [ContentInput!]!) { embedBatch(inputs: $inputs) { __typename } }';
  const bodies: readonly (() => Buffer)[] = [
    () => Buffer.from(JSON.stringify(anyValue(random, 5))),
    () =>
      Buffer.from(
        JSON.stringify({
          ...operation(random),
          extensions: anyValue(random),
          operationName: anyValue(random),
        }),
      ),
    () => Buffer.from(JSON.stringify({ query: anyValue(random), variables: anyValue(random) })),
    () => Buffer.from(JSON.stringify([operation(random), operation(random)])),
    () => Buffer.from(`{"query": ${JSON.stringify(inputs)}, "variables": {"inputs": ${largeJson(random)}}}`),
    () => damage(Buffer.from(JSON.stringify(operation(random))), random),
    () =>
      damage(
        Buffer.from(JSON.stringify({ query: inputs, variables: { inputs: [content(random)] } })),
        random,
      ),
  ];
  const body = random.pick(bodies)();
  if (random.chance(0.05)) {
    const packed = gzipSync(body);
    return {
      headers: { ...JSON_HEADERS, 'content-encoding': random.pick(['gzip', 'gzip', 'br', 'nothing']) },
      body: random.chance(0.5) ? packed : damage(packed, random),
    };
  }
  const type = random.chance(0.9)
    ? 'application/json'
    : random.pick([
        'application/json; charset=latin1',
        'text/plain',
        'application/graphql',
        'multipart/form-data',
        '',
      ]);
  return { headers: { 'content-type': type }, body };
}

const PICTURE = `query ($input: ContentInput!, $options: EmbedOptions) {
  embed(input: $input, options: $options) { dimensions image { format width height } } }`;

/** A picture in base64, or as a file. */
export function pictureRequest(random: Random): Sent {
  const bytes = anyPicture(random);
  const options = random.chance(0.2)
    ? { orientation: random.pick(['APPLY', 'IGNORE', 'NOTHING']) }
    : undefined;
  if (random.chance(0.6)) {
    const base64 = bytes.toString('base64');
    const given = random.chance(0.03) ? base64.slice(random.below(9)) : base64;
    const variables = { input: { image: { base64: given } }, options };
    return { headers: JSON_HEADERS, body: Buffer.from(JSON.stringify({ query: PICTURE, variables })) };
  }
  const variables = { input: { image: { upload: null } }, options };
  return multipart({ query: PICTURE, variables }, { 0: ['variables.input.image.upload'] }, [['0', bytes]]);
}

/** A multipart request with a wrong map, parts twice or missing, in other orders, damaged or cut. */
export function multipartRequest(random: Random): Sent {
  const count = 1 + random.below(4);
  const place = (i: number): string => `variables.inputs.${i}.image.upload`;
  const query =
    'query ($inputs: [ContentInput!]!) { embedBatch(inputs: $inputs) { __typename ... on ContentError { code } } }';
  const variables = { inputs: Array.from({ length: count }, () => ({ image: { upload: null } })) };
  const operations = random.chance(0.1) ? anyValue(random) : { query, variables };
  const right = Object.fromEntries(Array.from({ length: count }, (_, i) => [String(i), [place(i)]]));
  const map = random.pick<unknown>([
    right,
    right,
    right,
    { ...right, [random.below(6)]: [place(random.below(6))] },
    { 0: Array.from({ length: 1 + random.below(300) }, (_, i) => place(i)) },
    {
      0: [
        random.pick([
          'query',
          'variables',
          '',
          '.',
          'variables.__proto__.x',
          'variables.inputs',
          'operationName',
        ]),
      ],
    },
    anyValue(random),
  ]);
  const files = Array.from(
    { length: random.chance(0.3) ? random.below(7) : count },
    (_, i): [string, Buffer] => [
      random.chance(0.8) ? String(i) : random.pick(['0', '1', 'x', 'map', 'operations', '__proto__']),
      random.chance(0.5) ? anyPicture(random) : Buffer.from('x'.repeat(random.below(3000))),
    ],
  );
  const { headers, body } = multipart(operations, map, files);
  if (random.chance(0.05)) return { headers: { 'content-type': headers['content-type'] }, body };
  return { headers, body: random.chance(0.4) ? damage(body, random) : body };
}

/** Other methods, paths and heads, and clients that leave while they send or wait. */
export function oddRequest(random: Random): Sent {
  if (random.chance(0.6)) {
    const whole = random.pick([documentRequest, jsonRequest, pictureRequest, multipartRequest])(random);
    return {
      ...whole,
      leavesAfter: random.chance(0.5) ? whole.body.length : random.below(whole.body.length + 1),
    };
  }
  const query = encodeURIComponent(
    operation(random)
      .query.replaceAll(/[\ud800-\udfff]/g, '')
      .slice(0, 4000),
  );
  return {
    method: random.pick(['GET', 'GET', 'GET', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS']),
    path: random.pick([
      `/graphql?query=${query}`,
      `/graphql?query=${query}&variables=${encodeURIComponent(JSON.stringify({ a: 1 }))}`,
      '/graphql?variables=%7B',
      '/%E0%A4%A',
      '/../../etc/passwd',
      '/%2e%2e/%2e%2e/package.json',
      '/health/ready',
      '/metrics',
      '/graphql/',
      '//',
      `/${'a'.repeat(random.below(9000))}`,
    ]),
    headers: random.pick<Record<string, string>>([
      { 'apollo-require-preflight': 'true' },
      { accept: 'text/html' },
      { accept: 'application/graphql-response+json', 'apollo-require-preflight': 'true' },
      { origin: 'https://example.org' },
      { 'x-request-id': 'x'.repeat(random.below(300)) },
      { range: 'bytes=0-1,5-9', 'if-none-match': '"x"' },
    ]),
    body: Buffer.alloc(0),
  };
}
