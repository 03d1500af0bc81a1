import { rmSync } from 'node:fs';
import path from 'node:path';
import { CommandLine, type IndexReport, type SearchResult } from './command-line.js';
import { photoFolder } from './pictures.js';

/** A model of pictures alone. */
const OTHER = path.join(__dirname, '..', 'goldens', 'tiny-clip');

describe('clipgraph collections reindex', () => {
  const line = new CommandLine();
  let folder: string;
  let count: number;

  beforeAll(async () => {
    folder = await photoFolder(3);
    ({ count } = line.json<IndexReport>('index', folder));
  });

  it('makes a collection anew of the files in its folders, with the configured model', () => {
    const before = line.json<SearchResult>('search', 'a dog');
    const report = line.json('collections', 'reindex', 'default', '--model', OTHER);
    expect(report).toEqual({ collection: 'default', model: 'tiny-clip', count, missing: 0 });
    expect(line.run('search', 'a dog').stderr).toMatch(/MODEL_MISMATCH: .*reindex/);
    expect(line.json('collections', 'reindex', 'default')).toMatchObject({ model: 'starter', count });
    const ids = ({ hits }: SearchResult) => hits.map(({ item }) => item.id);
    expect(ids(line.json<SearchResult>('search', 'a dog'))).toEqual(ids(before));
  });

  it('names what cannot be had again, and leaves it out only if it is told to', () => {
    rmSync(path.join(folder, 'dog.png'));
    const refused = line.run('collections', 'reindex', 'default', '--model', OTHER);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/^dog\.png: its content cannot be had again\.$/m);
    expect(refused.stderr).toMatch(/BAD_USER_INPUT: 1 of \d+ items of default .*Nothing was changed/);
    expect(line.json<SearchResult>('search', 'a dog').hits[0].item.source).toBe('dog.png');
    const left = line.json('collections', 'reindex', 'default', '--model', OTHER, '--drop-missing');
    expect(left).toEqual({ collection: 'default', model: 'tiny-clip', count: count - 1, missing: 1 });
  });
});
