import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runServer, type RunningServer } from '../running-server.js';

const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-bad-input-'));
let server: RunningServer;
beforeAll(async () => {
  server = await runServer({ stores: { embedded: { path: folder } } });
  await server.post('mutation { createCollection(input: {name: "c"}) { name } }');
  const items = [{ id: 'x', content: { text: 'a dog' }, metadata: { a: 1 } }];
  await server.post(ADD, { items });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const ADD =
  'mutation ($items: [ItemInput!]!) { addItems(collection: "c", items: $items) { ... on AddedItem { item { id metadata } } ... on ContentError { code message } } }';
const SEARCH =
  'query ($filter: ItemFilter, $first: Int! = 10, $after: String, $minCosine: Float) { search(collection: "c", query: {text: "a"}, filter: $filter, first: $first, after: $after, minCosine: $minCosine) { hits { item { id } } } }';
const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });
const item = (more: object) => ({ items: [{ content: { text: 'b' }, ...more }] });
const filter = (given: object) => ({ filter: given });
const condition = (given: object) => filter({ all: [{ key: 'a', ...given }] });
const lone = '\ud800';

/** What is answered: the code of the first error, of a content's failure, or OK. */
async function answer(query: string, variables: object): Promise<string> {
  const { data, errors } = await server.post(query, variables);
  const { message, extensions } = errors?.[0] ?? (data?.addItems as any)?.[0] ?? {};
  expect(message ?? '').not.toMatch(/\/(tmp|work|root)|sqlite|at \w+ \(/i);
  return extensions?.code ?? (data?.addItems as any)?.[0]?.code ?? 'OK';
}

describe('what strangers send about collections', () => {
  it.each<[what: string, query: string, variables: object, code: string]>([
    ['an id of nothing', ADD, item({ id: '' }), 'BAD_USER_INPUT'],
    ['an id that is too long', ADD, item({ id: 'x'.repeat(1025) }), 'BAD_USER_INPUT'],
    ['an id with U+0000', ADD, item({ id: 'a\0b' }), 'BAD_USER_INPUT'],
    ['an id of half a character', ADD, item({ id: lone }), 'BAD_USER_INPUT'],
    ['a text with U+0000', ADD, { items: [{ content: { text: 'a\0b' } }] }, 'BAD_USER_INPUT'],
    ['an id that looks like a path', ADD, item({ id: '../../etc/passwd' }), 'OK'],
    ['metadata that is a list', ADD, item({ metadata: [1] }), 'BAD_USER_INPUT'],
    ['metadata that is a text', ADD, item({ metadata: 'a' }), 'BAD_USER_INPUT'],
    ['metadata of null', ADD, item({ metadata: null }), 'OK'],
    ['metadata that is too deep', ADD, item({ metadata: nested(40) }), 'BAD_USER_INPUT'],
    ['metadata that is too long', ADD, item({ metadata: { a: 'x'.repeat(20_000) } }), 'BAD_USER_INPUT'],
    ['metadata with U+0000', ADD, item({ metadata: { 'a\0': 'b' } }), 'BAD_USER_INPUT'],
    ['metadata with a number beyond all', ADD, item({ metadata: { a: 1e308 } }), 'OK'],
    ['a source that is too long', ADD, item({ source: 'x'.repeat(3000) }), 'BAD_USER_INPUT'],
    ['a content of nothing', ADD, { items: [{ content: {} }] }, 'BAD_USER_INPUT'],
    ['no item', ADD, { items: [] }, 'OK'],
    ['items of null', ADD, { items: null }, 'BAD_USER_INPUT'],
    ['an operator that is missing', SEARCH, condition({}), 'BAD_USER_INPUT'],
    ['two operators', SEARCH, condition({ lt: 1, gt: 2 }), 'BAD_USER_INPUT'],
    ['a list to compare with', SEARCH, condition({ lt: [1] }), 'BAD_USER_INPUT'],
    ['null to compare with', SEARCH, condition({ eq: null }), 'OK'],
    ['null beside an operator', SEARCH, condition({ eq: null, lt: 5 }), 'OK'],
    ['an object to compare with', SEARCH, condition({ eq: { b: [1, null] } }), 'OK'],
    ['a text with quotes', SEARCH, condition({ startsWith: `'"%_\\; drop table items` }), 'OK'],
    ['a key with quotes', SEARCH, filter({ all: [{ key: `a'"$[0]`, eq: 1 }] }), 'OK'],
    ['a key of nothing', SEARCH, filter({ all: [{ key: '', eq: 1 }] }), 'BAD_USER_INPUT'],
    ['a key called __proto__', SEARCH, filter({ all: [{ key: '__proto__.a', exists: true }] }), 'OK'],
    ['a key with U+0000', SEARCH, filter({ all: [{ key: 'a\0', eq: 1 }] }), 'BAD_USER_INPUT'],
    ['nothing to choose of', SEARCH, filter({ any: [] }), 'OK'],
    ['all of nothing', SEARCH, filter({ all: [] }), 'OK'],
    [
      'very many values',
      SEARCH,
      condition({ in: Array.from({ length: 20_000 }, (_, i) => i) }),
      'BAD_USER_INPUT',
    ],
    ['a value that is deep', SEARCH, condition({ eq: nested(50) }), 'OK'],
    ['a value of half a character', SEARCH, condition({ eq: [lone] }), 'BAD_USER_INPUT'],
    [
      'a cursor whose id is none',
      SEARCH,
      { after: Buffer.from('["0",1,"\\u0000"]').toString('base64url') },
      'BAD_USER_INPUT',
    ],
    ['a filter that is too deep', SEARCH, filter(JSON.parse('{"not":'.repeat(20) + '{}' + '}'.repeat(20)) as object), 'BAD_USER_INPUT'], // prettier-ignore
    ['no hits', SEARCH, { first: 0 }, 'BAD_USER_INPUT'],
    ['fewer than none', SEARCH, { first: -5 }, 'BAD_USER_INPUT'],
    ['more hits than there may be', SEARCH, { first: 1001 }, 'BAD_USER_INPUT'],
    ['a cosine that there is not', SEARCH, { minCosine: 1.5 }, 'BAD_USER_INPUT'],
    ['a cursor of nothing', SEARCH, { after: '' }, 'BAD_USER_INPUT'],
    ['a cursor of JSON', SEARCH, { after: Buffer.from('{"a":1}').toString('base64url') }, 'BAD_USER_INPUT'],
    ['a long cursor', SEARCH, { after: 'A'.repeat(200_000) }, 'BAD_USER_INPUT'],
    ['a name of another kind', '{ collection(name: "../c") { count } }', {}, 'COLLECTION_NOT_FOUND'],
    ['the name of one that is being made', '{ collection(name: "__reindex-0000000000000000") { count } }', {}, 'COLLECTION_NOT_FOUND'], // prettier-ignore
    [
      'an id of half a character to look for',
      'query ($id: ID!) { item(collection: "c", id: $id) { id } }',
      { id: lone },
      'OK',
    ],
    [
      'an id of half a character to compare with',
      'query ($id: ID!) { search(collection: "c", itemId: $id) { searched } }',
      { id: lone },
      'ITEM_NOT_FOUND',
    ],
    ['an id with U+0000 to look for', `{ item(collection: "c", id: "\\u0000") { id } }`, {}, 'OK'],
    [
      'an id with U+0000 to remove',
      `mutation { removeItems(collection: "c", ids: ["\\u0000", ""]) }`,
      {},
      'OK',
    ],
    ['nothing to remove', `mutation { removeItems(collection: "c", ids: []) }`, {}, 'OK'],
    ['no clusters', '{ clusters(collection: "c", count: 0) { size } }', {}, 'BAD_USER_INPUT'],
    [
      'an example of a threshold',
      '{ nearDuplicates(collection: "c", threshold: -1) { size } }',
      {},
      'BAD_USER_INPUT',
    ],
  ])('%s is answered with a code', async (_, query, variables, code) => {
    expect(await answer(query, variables)).toBe(code);
  });

  it('keeps a key called __proto__ as any other', async () => {
    const metadata = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}') as object;
    const { data } = await server.post(ADD, { items: [{ id: 'p', content: { text: 'p' }, metadata }] });
    expect(JSON.stringify((data!.addItems as any[])[0].item.metadata)).toBe(JSON.stringify(metadata));
    expect(({} as any).polluted).toBeUndefined();
    const { data: found } = await server.post(
      SEARCH,
      filter({ all: [{ key: '__proto__.polluted', eq: true }] }),
    );
    expect((found!.search as any).hits).toEqual([{ item: { id: 'p' } }]);
  });

  it('serves as before', async () => {
    expect((await server.post('{ item(collection: "c", id: "x") { id metadata } }')).data).toEqual({
      item: { id: 'x', metadata: { a: 1 } },
    });
  });
});
