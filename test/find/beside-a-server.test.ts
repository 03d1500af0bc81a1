import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { createClipgraph } from '../../src/index.js';
import { runServer, type RunningServer } from '../running-server.js';
import { CommandLine, type IndexReport, type SearchResult } from './command-line.js';
import { GENERATED, generatePictures, photoFolder } from './pictures.js';

/** By text and by picture, and with something added and something taken away. */
const QUERIES = [
  { words: ['a dog'], content: { text: 'a dog' } },
  { words: ['something red'], content: { text: 'something red' } },
  { words: ['examples/cat.jpg'], content: { image: { example: 'cat' } } },
  {
    words: ['a rocket - a dog'],
    content: {
      blend: [{ content: { text: 'a rocket' } }, { content: { text: 'a dog' }, weight: -1 }],
    },
  },
];
const SEARCH =
  'query ($query: ContentInput!) { search(collection: "default", query: $query, first: 20) { hits { item { id } } } }';

describe('clipgraph index beside a running server', () => {
  const line = new CommandLine();
  const config = { runtime: 'cpu', stores: { embedded: { path: line.storePath } } };
  let server: RunningServer;
  let folder: string;
  beforeAll(async () => {
    server = await runServer(config);
    folder = await photoFolder(GENERATED);
  });
  afterAll(() => server.close());

  const overHttp = async (query: object): Promise<string[]> => {
    const { data } = await server.post(SEARCH, { query });
    return (data as any).search.hits.map(({ item }: any) => item.id as string);
  };
  const count = async (): Promise<number> => {
    const { data } = await server.post('{ collection(name: "default") { count } }');
    return (data as any).collection.count as number;
  };

  it('is seen by its next search', async () => {
    const { data } = await server.post('{ collection(name: "default") { count } }');
    expect(data).toEqual({ collection: null });
    const { count: first } = line.json<IndexReport>('index', folder);
    expect(first).toBe(GENERATED + 5);
    expect(await count()).toBe(first);
    const [best] = await overHttp({ text: 'a dog' });

    await generatePictures(path.join(folder, 'more'), 2, { from: 1000 });
    copyFileSync(path.join(folder, 'dog.png'), path.join(folder, 'more', 'copy of a dog.png'));
    line.json('index', folder);
    expect(await count()).toBe(first + 3);
    expect((await overHttp({ text: 'a dog' })).slice(0, 2)).toContain(best);
    const { hits } = line.json<SearchResult>('search', 'a dog', '-n', '2');
    expect(hits.map(({ item }) => item.source).sort()).toEqual(['dog.png', 'more/copy of a dog.png']);
  });

  it('gives the same items in the same order as the library and the server', async () => {
    const clipgraph = await createClipgraph(config);
    try {
      for (const { words, content } of QUERIES) {
        const { hits } = line.json<SearchResult>('search', ...words, '-n', '20');
        const ids = hits.map(({ item }) => item.id);
        expect(ids).toHaveLength(20);
        expect(await overHttp(content)).toEqual(ids);
        const found = await clipgraph.collection('default').search(content, { first: 20 });
        expect(found.hits.map(({ item }) => item.id)).toEqual(ids);
      }
    } finally {
      await clipgraph.close();
    }
  });
});
