import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CommandLine, type IndexReport, type SearchResult } from './command-line.js';
import { photoFolder } from './pictures.js';

const READ_WITH_NUMPY = `
import json, sys, numpy
a = numpy.load(sys.argv[1])
ids = json.load(open(sys.argv[2]))["ids"]
print(json.dumps({"shape": a.shape, "dtype": str(a.dtype), "ids": ids, "first": a[0].tolist()}))
`;

const READ_WITH_ARROW = `
import json, sys, pyarrow.parquet
t = pyarrow.parquet.read_table(sys.argv[1])
print(json.dumps({"ids": t["id"].to_pylist(), "first": t["vector"][0].as_py()}))
`;

describe('clipgraph collections', () => {
  const line = new CommandLine();
  const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-exports-'));
  const file = (name: string): string => path.join(folder, name);
  const linesOf = (name: string): string[] => readFileSync(file(name), 'utf8').trim().split('\n');
  let count: number;

  beforeAll(async () => {
    ({ count } = line.json<IndexReport>('index', await photoFolder(3)));
    expect(line.run('collections', 'export', 'default', '--to', file('a.jsonl')).status).toBe(0);
  });

  it('restores what it exported, the same in every part', () => {
    const report = line.json('collections', 'import', file('a.jsonl'), '--collection', 'copy');
    expect(report).toEqual({ collection: 'copy', written: count, count });
    line.run('collections', 'export', 'copy', '--to', file('b.jsonl'));
    expect(linesOf('b.jsonl').slice(1)).toEqual(linesOf('a.jsonl').slice(1));
    const [before, after] = ['a.jsonl', 'b.jsonl'].map((name) => JSON.parse(linesOf(name)[0]) as object);
    expect(after).toEqual({ ...before, name: 'copy' });
    const [first, second] = ['default', 'copy'].map((name) =>
      line.json<SearchResult>('search', 'a dog', '--collection', name),
    );
    const found = ({ hits }: SearchResult) => hits.map(({ item, cosine }) => [item.id, cosine]);
    expect(found(second)).toEqual(found(first));
  });

  it('refuses another space with what differs, and a line that is wrong with its number', () => {
    const [header, ...items] = linesOf('a.jsonl');
    writeFileSync(file('other.jsonl'), [header.replace('"fp32"', '"q8"'), ...items].join('\n'));
    const other = line.run('collections', 'import', file('other.jsonl'));
    expect(other.status).toBe(1);
    expect(other.stderr).toMatch(/MODEL_MISMATCH: .*dtype fp32 and q8\. Import it under another name/);
    writeFileSync(file('cut.jsonl'), [header, items[0], items[1].slice(0, 100)].join('\n'));
    const cut = line.run('collections', 'import', file('cut.jsonl'), '--collection', 'cut');
    expect(cut.stderr).toMatch(/BAD_USER_INPUT: Line 3 of the export is wrong: it is not JSON/);
    writeFileSync(file('out.jsonl'), [header, items[0].replace('"path":"', '"path":"../')].join('\n'));
    const out = line.run('collections', 'import', file('out.jsonl'), '--collection', 'out');
    expect(out.stderr).toMatch(/Line 2 of the export is wrong: origin\.path/);
  });

  it('writes a NumPy array that NumPy reads, and reads it again', () => {
    expect(line.run('collections', 'export', 'default', '--to', file('a.npy')).status).toBe(0);
    const report = line.json('collections', 'import', file('a.npy'), '--collection', 'array');
    expect(report).toEqual({ collection: 'array', written: count, count });
    const [found] = line.json<SearchResult>('search', 'a dog', '--collection', 'array', '-n', '1').hits;
    const [expected] = line.json<SearchResult>('search', 'a dog', '-n', '1').hits;
    expect(found.item.id).toBe(expected.item.id);
    expect(found.cosine).toBeCloseTo(expected.cosine, 6);

    const python = spawnSync('python3', ['-c', READ_WITH_NUMPY, file('a.npy'), file('a.ids.json')], {
      encoding: 'utf8',
    });
    if (python.status !== 0) {
      process.stderr.write('python3 with numpy is not here: the array is read by Clipgraph alone\n');
      return;
    }
    const rows = linesOf('a.jsonl')
      .slice(1)
      .map((text) => JSON.parse(text) as { id: string; vector: string });
    const bytes = Uint8Array.from(Buffer.from(rows[0].vector, 'base64'));
    expect(JSON.parse(python.stdout)).toEqual({
      shape: [count, 384],
      dtype: 'float32',
      ids: rows.map(({ id }) => id),
      first: Array.from(new Float32Array(bytes.buffer)),
    });
  });

  it('restores the same from Parquet, and takes what pyarrow has written', () => {
    expect(line.run('collections', 'export', 'default', '--to', file('a.parquet')).status).toBe(0);
    const report = line.json('collections', 'import', file('a.parquet'), '--collection', 'columns');
    expect(report).toEqual({ collection: 'columns', written: count, count });
    line.run('collections', 'export', 'columns', '--to', file('c.jsonl'));
    expect(linesOf('c.jsonl').slice(1)).toEqual(linesOf('a.jsonl').slice(1));

    const foreign = path.join(__dirname, '..', 'goldens', 'parquet', 'pyarrow-zstd.parquet');
    expect(line.json('collections', 'import', foreign, '--collection', 'foreign')).toMatchObject({
      written: 3,
    });
    expect(line.run('collections', 'import', foreign).stderr).toMatch(/say --collection NAME/);
    writeFileSync(file('cut.parquet'), readFileSync(file('a.parquet')).subarray(0, 5000));
    const cut = line.run('collections', 'import', file('cut.parquet'), '--collection', 'cut');
    expect(cut.stderr).toMatch(/BAD_USER_INPUT: .*cut\.parquet: it is no Parquet file, is damaged/);

    const python = spawnSync('python3', ['-c', READ_WITH_ARROW, file('a.parquet')], { encoding: 'utf8' });
    if (python.status !== 0) {
      process.stderr.write('python3 with pyarrow is not here: the file is read by Clipgraph alone\n');
      return;
    }
    const rows = linesOf('a.jsonl')
      .slice(1)
      .map((text) => JSON.parse(text) as { id: string; vector: string });
    expect(JSON.parse(python.stdout)).toEqual({
      ids: rows.map(({ id }) => id),
      first: Array.from(new Float32Array(Uint8Array.from(Buffer.from(rows[0].vector, 'base64')).buffer)),
    });
  });

  it('lists, describes and removes', () => {
    expect(line.run('collections').stdout).toMatch(
      new RegExp(`default +${count} items, .*made with starter`),
    );
    expect(line.json('collections', 'info', 'default')).toMatchObject({
      name: 'default',
      count,
      model: 'starter',
    });
    expect(line.run('collections', 'rm', 'copy').stdout).toBe(`copy: ${count} items removed\n`);
    expect(line.run('collections', 'info', 'copy').stderr).toMatch(
      /COLLECTION_NOT_FOUND: There is no collection copy/,
    );
  });
});
