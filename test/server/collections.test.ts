import { readFileSync } from 'node:fs';
import path from 'node:path';
import { EXAMPLES, EXAMPLES_FOLDER } from '../../src/media/index.js';
import {
  AddItemsDocument,
  CreateCollectionDocument,
  DeleteCollectionDocument,
  ItemsDocument,
  RemoveItemsDocument,
  SearchDocument,
} from '../generated/client.js';
import { inMemory } from '../in-memory-store.js';
import { multipart, rawRequest } from '../raw-request.js';
import { connect, runServer, type RunningServer } from '../running-server.js';

const EXAMPLE_ITEMS = EXAMPLES.map(({ name }) => ({
  id: name,
  content: { image: { example: name } },
  metadata: { letters: name.length, tags: { first: name[0] } },
  source: `examples/${name}`,
}));

let server: RunningServer;
beforeAll(async () => {
  server = await runServer(inMemory());
});
afterAll(() => server.close());

const create = async (name: string, more: object = {}): Promise<string> => {
  const { errors } = await server.ask(CreateCollectionDocument, { input: { name, ...more } });
  expect(errors).toBeUndefined();
  return name;
};
const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.split(' ').at(-1) ?? 0);
};

describe('collections over HTTP', () => {
  it('are created, described, listed and deleted', async () => {
    const { data } = await server.ask(CreateCollectionDocument, {
      input: { name: 'described', description: 'What it is.' },
    });
    expect(data!.createCollection).toMatchObject({
      name: 'described',
      description: 'What it is.',
      model: { id: 'starter' },
      dtype: 'fp32',
      dimensions: 384,
      count: 0,
      store: { name: 'in-memory', isExact: true, hasManyWriters: false, status: 'READY', reason: null },
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    expect((await server.post('{ collections { name } stores { name } }')).data).toEqual({
      collections: expect.arrayContaining([{ name: 'described' }]),
      stores: [{ name: 'in-memory' }],
    });
    const drop = () => server.ask(DeleteCollectionDocument, { name: 'described' });
    expect((await drop()).data).toEqual({ deleteCollection: true });
    expect((await drop()).data).toEqual({ deleteCollection: false });
  });

  it('take items, each failure in its place, and embed nothing twice', async () => {
    const collection = await create('added');
    const items = [
      ...EXAMPLE_ITEMS,
      { content: { text: 'word '.repeat(200) } },
      { content: { text: 'a dog' } },
    ];
    const add = () => server.ask(AddItemsDocument, { collection, items });
    const first = (await add()).data!.addItems;
    expect(first.map((result) => ('code' in result ? result.code : result.wasEmbedded))).toEqual([
      ...EXAMPLE_ITEMS.map(() => true),
      'TEXT_TOO_LONG',
      true,
    ]);
    expect(first[0]).toMatchObject({
      item: {
        globalId: `added/${EXAMPLES[0].name}`,
        modality: 'IMAGE',
        text: null,
        metadata: EXAMPLE_ITEMS[0].metadata,
      },
    });
    const batches = await metric('clipgraph_cache_misses_total');
    const again = (await add()).data!.addItems;
    expect(again.map((result) => ('code' in result ? result.code : result.wasEmbedded))).toEqual([
      ...EXAMPLE_ITEMS.map(() => false),
      'TEXT_TOO_LONG',
      false,
    ]);
    expect(await metric('clipgraph_cache_misses_total')).toBe(batches);
    expect(await metric('clipgraph_items_added_total{store="in-memory",embedded="false"}')).toBe(6);
  });

  it('take pictures as files of a multipart request', async () => {
    const collection = await create('uploaded');
    const query = `mutation ($items: [ItemInput!]!) {
      addItems(collection: "${collection}", items: $items) { ... on AddedItem { item { id image { format } } } ... on ContentError { code } }
    }`;
    const variables = {
      items: [{ id: 'd', content: { image: { upload: null } } }, { content: { text: 'a' } }],
    };
    const dog = readFileSync(path.join(EXAMPLES_FOLDER, 'dog.png'));
    const { headers, body } = multipart(
      { query, variables },
      { f: ['variables.items.0.content.image.upload'] },
      [['f', dog]],
    );
    const { text } = await rawRequest(server, { headers, chunks: [body] });
    expect(JSON.parse(text).data.addItems[0]).toEqual({ item: { id: 'd', image: { format: 'PNG' } } });
    const { data } = await server.ask(SearchDocument, {
      collection,
      query: { image: { example: 'dog' } },
      first: 1,
    });
    expect(data!.search.hits[0]).toMatchObject({ item: { id: 'd' }, similarity: { clipScore: null } });
    expect(data!.search.hits[0].cosine).toBeCloseTo(1, 6);
  });

  it('are searched with the numbers that similarity gives', async () => {
    const collection = await create('searched');
    await server.ask(AddItemsDocument, { collection, items: EXAMPLE_ITEMS });
    const query = { text: 'a dog on grass' };
    const { data } = await server.ask(SearchDocument, { collection, query });
    const expected = await Promise.all(
      EXAMPLES.map(async ({ name }) => {
        const asked = await server.post(
          'query ($b: ContentInput!) { similarity(a: {text: "a dog on grass"}, b: $b) { cosine clipScore logit interpretation } }',
          { b: { image: { example: name } } },
        );
        return { id: name, ...(asked.data!.similarity as { cosine: number }) };
      }),
    );
    expected.sort((a, b) => b.cosine - a.cosine);
    expect(data!.search.hits.map(({ item, similarity }) => ({ id: item.id, ...similarity }))).toEqual(
      expected,
    );
    expect(data!.search).toMatchObject({ isExact: true, searched: 5, pageInfo: { hasNextPage: false } });
    const beside = await server.ask(SearchDocument, { collection, itemId: 'dog', first: 2 });
    expect(beside.data!.search.hits.map(({ item }) => item.id)).not.toContain('dog');
    const filtered = await server.ask(SearchDocument, {
      collection,
      query,
      filter: {
        all: [
          { key: 'letters', lt: 4 },
          { key: 'tags.first', eq: 'd' },
        ],
      },
    });
    expect(filtered.data!.search.hits.map(({ item }) => item.id)).toEqual(['dog']);
    for (const wrong of [
      { query, itemId: 'dog' },
      {},
      { query, first: 0 },
      { query, after: 'x' },
      { query, minCosine: 2 },
    ]) {
      const { errors } = await server.ask(SearchDocument, { collection, ...wrong });
      expect(errors![0].extensions.code).toBe('BAD_USER_INPUT');
    }
    const { errors } = await server.ask(SearchDocument, { collection, itemId: 'cow' });
    expect(errors![0].extensions.code).toBe('ITEM_NOT_FOUND');
  });

  it('give their items page by page, with neighbours, and lose those that are removed at once', async () => {
    const name = await create('paged');
    await server.ask(AddItemsDocument, { collection: name, items: EXAMPLE_ITEMS });
    const { data } = await server.ask(ItemsDocument, { name, first: 2 });
    const { totalCount, nodes, pageInfo } = data!.collection!.items;
    expect({ totalCount, ids: nodes.map(({ id }) => id) }).toEqual({ totalCount: 5, ids: ['apple', 'cat'] });
    for (const { id, neighbours } of nodes) {
      expect(neighbours).toHaveLength(2);
      expect(neighbours.map(({ item }) => item.id)).not.toContain(id);
    }
    const next = (await server.ask(ItemsDocument, { name, first: 9, after: pageInfo.endCursor })).data!
      .collection!;
    expect(next.items.nodes.map(({ id }) => id)).toEqual(['coffee', 'dog', 'rocket']);
    const removed = await server.ask(RemoveItemsDocument, { collection: name, ids: ['dog', 'cow'] });
    expect(removed.data).toEqual({ removeItems: 1 });
    expect((await server.post(`{ item(collection: "${name}", id: "dog") { id } }`)).data).toEqual({
      item: null,
    });
    const found = await server.ask(SearchDocument, { collection: name, query: { text: 'a dog' } });
    expect(found.data!.search.hits.map(({ item }) => item.id)).not.toContain('dog');
  });

  it('take no more than a query may cost: neighbours are searches, and what is kept counts when it is answered', async () => {
    const small = await runServer({ ...inMemory(), limits: { maxInputs: 10, maxAnswerBytes: 20_000 } });
    try {
      await small.post('mutation { createCollection(input: {name: "c"}) { name } }');
      const items = Array.from({ length: 9 }, (_, i) => ({
        id: String(i),
        content: { text: 'a dog' },
        metadata: { long: 'x'.repeat(4000) },
      }));
      const add =
        'mutation ($items: [ItemInput!]!) { addItems(collection: "c", items: $items) { __typename } }';
      await small.post(add, { items });
      const codes = async (query: string) =>
        (await small.post(query)).errors?.map(({ extensions }) => extensions.code) ?? 'OK';
      const nodes = (first: number, fields: string) =>
        codes(`{ collection(name: "c") { items(first: ${first}) { nodes { ${fields} } } } }`);
      expect(await nodes(9, 'id')).toBe('OK');
      expect(await nodes(9, 'neighbours(limit: 1) { cosine }')).toBe('OK');
      expect(await nodes(11, 'neighbours(limit: 1) { cosine }')).toEqual(['QUERY_TOO_COMPLEX']);
      expect(await nodes(3, 'metadata')).toBe('OK');
      expect(await nodes(9, 'metadata')).toContain('QUERY_TOO_COMPLEX');
      expect(await nodes(9, 'vector')).toEqual(['QUERY_TOO_COMPLEX']);
      const hits = 'hits { item { id } }';
      expect(await codes(`{ ${Array.from({ length: 11 }, (_, i) => `a${i}: search(collection: "c", itemId: "1") { ${hits} }`).join(' ')} }`)).toEqual(['QUERY_TOO_COMPLEX']); // prettier-ignore
      const many = Array.from({ length: 11 }, () => ({ content: { text: 'a' } }));
      expect((await small.ask(AddItemsDocument, { collection: 'c', items: many })).errors![0].extensions.code).toBe('TOO_MANY_INPUTS'); // prettier-ignore
    } finally {
      await small.close();
    }
  });

  it('say why a store cannot serve, while everything else is answered', async () => {
    const config = inMemory();
    const failing = await runServer({ ...config, stores: { 'in-memory': { fails: true } } });
    try {
      const asked = await failing.post('{ collections { name } }');
      expect(asked).toMatchObject({ status: 503, errors: [{ extensions: { code: 'STORE_UNAVAILABLE' } }] });
      expect((await failing.post('{ stores { status reason } }')).data).toEqual({
        stores: [{ status: 'UNAVAILABLE', reason: 'It cannot be reached. Start it.' }],
      });
      expect((await fetch(`${failing.url}/health/ready`)).status).toBe(200);
      expect((await failing.post('{ embed(input: {text: "a"}) { id } }')).errors).toBeUndefined();
    } finally {
      await failing.close();
    }
  });
});

describe('a long import', () => {
  const STREAM = `subscription ($items: [ItemInput!]!) {
    addItemsStream(collection: "streamed", items: $items) {
      completed total failed index result { ... on AddedItem { item { id } wasEmbedded } ... on ContentError { code } }
    }
  }`;

  it('tells how it gets on, and ends when the client does', async () => {
    await create('streamed');
    const client = connect(server);
    const dog = readFileSync(path.join(EXAMPLES_FOLDER, 'dog.png')).toString('base64');
    const items = [
      ...Array.from({ length: 300 }, (_, i) => ({ id: `t${i}`, content: { text: `text ${i}` } })),
      { id: 'dog', content: { image: { base64: dog } } },
      { content: { image: { url: 'https://example.org/a.png' } } },
    ];
    let last: any;
    const seen = new Set<number>();
    for await (const { data, errors } of client.iterate<any>({ query: STREAM, variables: { items } })) {
      expect(errors).toBeUndefined();
      last = data!.addItemsStream;
      seen.add(last.index);
    }
    expect(last).toMatchObject({ completed: 302, total: 302, failed: 1 });
    expect(seen.size).toBe(302);
    const { count } = (await server.post('{ collection(name: "streamed") { count } }')).data!
      .collection as any;
    expect(count).toBe(301);

    const more = Array.from({ length: 5000 }, (_, i) => ({ id: `u${i}`, content: { text: `another ${i}` } }));
    const half = client.iterate<any>({ query: STREAM, variables: { items: more } });
    await half.next();
    await half.return!();
    const at = async () => Number(((await server.post('{ collection(name: "streamed") { count } }')).data!.collection as any).count); // prettier-ignore
    await new Promise((resolve) => setTimeout(resolve, 300));
    const then = await at();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await at()).toBe(then);
    expect(then).toBeLessThan(3000);
    await client.dispose();
  });
});

describe('groups, and a collection made anew, over HTTP and WebSocket', () => {
  it('are given with their items, and cost what they hold', async () => {
    await create('grouped', { keepOriginals: true });
    const copies = EXAMPLE_ITEMS.flatMap((item) => [item, { ...item, id: `${item.id}-copy` }]);
    await server.ask(AddItemsDocument, { collection: 'grouped', items: copies });
    const groups = '{ cosine size items { id } }';
    const { data } = await server.post(
      `{ nearDuplicates(collection: "grouped", threshold: 0.999) ${groups} }`,
    );
    const pairs = EXAMPLES.map(({ name }) => [name, `${name}-copy`]).sort();
    expect(
      (data!.nearDuplicates as any[]).map(({ items }) => items.map((item: any) => item.id)).sort(),
    ).toEqual(pairs);
    const clusters = '{ size label items { cosine item { id } } }';
    const asked = await server.post(`{ clusters(collection: "grouped", count: 3, labels: ["a cat", "a rocket"]) ${clusters} }`); // prettier-ignore
    expect((asked.data!.clusters as { size: number }[]).reduce((sum, { size }) => sum + size, 0)).toBe(10);
    const wrong = await server.post(`{ nearDuplicates(collection: "grouped", threshold: 2) ${groups} }`);
    expect(wrong.errors![0].extensions.code).toBe('BAD_USER_INPUT');
    const many = JSON.stringify(Array.from({ length: 300 }, () => 'a'));
    const costly = await server.post(`{ clusters(collection: "grouped", labels: ${many}) { size } }`);
    expect(costly.errors![0].extensions.code).toMatch(/TOO_MANY_INPUTS|QUERY_TOO_COMPLEX/);

    const client = connect(server);
    const all = async (query: string) => {
      const events: any[] = [];
      for await (const { data: event, errors } of client.iterate<any>({ query }))
        events.push(event ?? errors);
      return events;
    };
    expect(await all(`subscription { nearDuplicatesStream(collection: "grouped", threshold: 0.999) ${groups} }`)).toHaveLength(5); // prettier-ignore
    expect(
      await all(`subscription { clustersStream(collection: "grouped", count: 2) ${clusters} }`),
    ).toHaveLength(2);
    const told = await all('subscription { reindexCollection(name: "grouped") { completed total missing missingIds isDone } }'); // prettier-ignore
    expect(told.at(-1)).toEqual({
      reindexCollection: { completed: 10, total: 10, missing: 0, missingIds: [], isDone: true },
    });
    expect((await server.post('{ collection(name: "grouped") { count } }')).data).toEqual({
      collection: { count: 10 },
    });
    await client.dispose();
  });
});
