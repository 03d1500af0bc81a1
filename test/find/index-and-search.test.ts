import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { CommandLine, touched, type IndexReport, type SearchResult } from './command-line.js';
import { GENERATED, generatePictures, photoFolder } from './pictures.js';

const COUNT =
  GENERATED +
  readdirSync(path.join(__dirname, '..', '..', 'examples')).filter((n) => /\.(png|jpg)$/.test(n)).length;

describe('clipgraph index and search', () => {
  const line = new CommandLine();
  let photos: string;
  const index = (...args: string[]): IndexReport => line.json<IndexReport>('index', ...args);
  const search = (...args: string[]): SearchResult => line.json<SearchResult>('search', ...args);

  beforeAll(async () => {
    photos = await photoFolder(GENERATED);
  });

  it('keeps a folder, and embeds nothing the second time', () => {
    expect(index(photos).folders.map(touched)).toEqual([{ added: COUNT }]);
    const again = index(photos);
    expect(again.count).toBe(COUNT);
    expect(again.folders.map(touched)).toEqual([{ unchanged: COUNT }]);
  });

  it('finds by a text, by a picture and by an item', () => {
    expect(search('a dog').hits[0].item.source).toBe('dog.png');
    expect(search('a dog')).toMatchObject({ isExact: true, searched: COUNT, hits: { length: 10 } });
    const like = search('--like', path.join(photos, 'made', '00007.jpg'), '-n', '3');
    expect(like.hits.map(({ item }) => item.source)[0]).toBe('made/00007.jpg');
    expect(like.hits[0].cosine).toBeCloseTo(1, 6);
    const { id } = like.hits[0].item;
    expect(search('--item', id, '-n', '2').hits.map(({ item }) => item.id)).toEqual(
      like.hits.slice(1).map(({ item }) => item.id),
    );
  });

  it('keeps to a least cosine and to a filter, and says what is wrong with them', () => {
    const all = search('a dog', '-n', '100').hits.map(({ cosine }) => cosine);
    const least = (all[2] + all[3]) / 2;
    expect(search('a dog', '-n', '100', '--min', String(least)).hits).toHaveLength(3);
    expect(search('a dog', '--filter', '{"modality": "TEXT"}')).toMatchObject({ hits: [] });
    const wrong = line.run('search', 'a dog', '--filter', '{"all": [{"key": "year"}]}');
    expect([wrong.status, wrong.stderr]).toEqual([
      1,
      expect.stringMatching(/^BAD_USER_INPUT: A condition of a filter/),
    ]);
    expect(line.run('search', 'a dog', '--filter', '{').status).toBe(2);
    expect(line.run('search', 'a dog', '--min', '2').stderr).toMatch(/between -1 and 1/);
  });

  it('prints names, absolute paths, paths for xargs, and links', () => {
    expect(line.run('search', 'a dog', '-n', '1').stdout).toMatch(/^ 0\.\d{4} {2}dog\.png\n$/);
    const file = path.join(photos, 'dog.png');
    expect(line.run('search', 'a dog', '-n', '1', '--paths').stdout).toBe(`${file}\n`);
    expect(line.run('search', 'a dog', '-n', '1', '-0').stdout).toBe(`${file}\0`);
    expect(line.run('search', 'a dog', '-n', '1', '--open').stdout).toBe(`file://${file}\n`);
    expect(search('a dog', '-n', '1', '--paths').hits[0].path).toBe(file);
    expect(JSON.stringify(search('a dog'))).not.toContain(photos);
  });

  it('touches exactly what was changed, moved and deleted', async () => {
    const made = path.join(photos, 'made');
    const idOf = (source: string): string => {
      const hit = search('a circle', '-n', '100').hits.find(({ item }) => item.source === source);
      return hit?.item.id ?? '';
    };
    const before = idOf('made/00001.jpg');
    const [other] = await generatePictures(path.join(photos, '..', 'other'), 1, { from: 9000 });
    copyFileSync(path.join(photos, '..', 'other', other), path.join(made, '00001.jpg'));
    renameSync(path.join(made, '00002.jpg'), path.join(photos, 'renamed.jpg'));
    unlinkSync(path.join(made, '00003.jpg'));
    expect(index(photos).folders.map(touched)).toEqual([
      { changed: 1, moved: 1, removed: 1, unchanged: COUNT - 3 },
    ]);
    expect(idOf('made/00001.jpg')).toBe(before);
    const sources = search('a circle', '-n', '300').hits.map(({ item }) => item.source);
    expect(sources).toContain('renamed.jpg');
    expect(sources).not.toContain('made/00002.jpg');
    expect(sources).not.toContain('made/00003.jpg');
  });

  it('reads a file again whose time alone has changed, and embeds nothing', () => {
    const file = path.join(photos, 'renamed.jpg');
    writeFileSync(file, readFileSync(file));
    const { folders, count } = index(photos);
    expect(folders.map(touched)).toEqual([{ unchanged: COUNT - 1 }]);
    expect(count).toBe(COUNT - 1);
  });

  it('names what it refuses and what it passes over, and ends with 1', () => {
    writeFileSync(path.join(photos, 'broken.jpg'), 'no picture');
    writeFileSync(path.join(photos, 'notes.txt'), 'no picture');
    symlinkSync('nowhere.jpg', path.join(photos, 'link.jpg'));
    const { status, stderr, stdout } = line.run('index', photos);
    expect(status).toBe(1);
    expect(stderr).toMatch(/broken\.jpg: UNSUPPORTED_IMAGE_FORMAT: /);
    expect(stderr).toMatch(/link\.jpg: BAD_USER_INPUT: It is a link to nothing/);
    expect(stdout).toContain('2 refused, 1 passed over, not named like pictures');
    for (const name of ['broken.jpg', 'notes.txt', 'link.jpg']) rmSync(path.join(photos, name));
  });

  it('keeps everything where more than half is gone, unless it is told to prune', () => {
    const away = path.join(photos, '..', 'away');
    renameSync(path.join(photos, 'made'), away);
    const { status, stderr } = line.run('index', photos);
    expect(status).toBe(1);
    expect(stderr).toMatch(/more than half of them; the items are kept.*--prune/);
    expect(search('a circle').searched).toBe(COUNT - 1);
    expect(index(photos, '--prune').folders.map(touched)).toEqual([{ unchanged: 6, removed: COUNT - 7 }]);
    renameSync(away, path.join(photos, 'made'));
    expect(index(photos).count).toBe(COUNT - 1);
  });

  it('takes a folder in one that is indexed for a part of it, and one around it for the whole, with the same vectors', () => {
    expect(index(path.join(photos, 'made')).folders.map(touched)).toEqual([{ unchanged: COUNT - 7 }]);
    const around = path.join(photos, '..');
    const { folders, count } = index(around);
    // The picture that another test made lies beside the folder.
    expect(folders.map(touched)).toEqual([{ added: 1, unchanged: COUNT - 1 }]);
    expect(count).toBe(COUNT);
    expect(search('a dog').hits[0].item.source).toBe('photos/dog.png');
  });
});

describe('clipgraph index', () => {
  let line: CommandLine;
  let photos: string;
  beforeEach(async () => {
    line = new CommandLine();
    photos = await photoFolder(3);
  });

  it('refuses a folder that is not there, and changes nothing', () => {
    line.json('index', photos);
    const { status, stderr } = line.run('index', photos, path.join(photos, 'missing'));
    expect(status).toBe(1);
    expect(stderr).toMatch(/BAD_USER_INPUT: There is no folder .*missing/);
    rmSync(photos, { recursive: true });
    expect(line.run('index', photos).stderr).toMatch(/There is no folder/);
    expect(line.json<SearchResult>('search', 'a dog').searched).toBeGreaterThan(3);
  });

  it('follows links to elsewhere, once, and none that lead back', () => {
    const elsewhere = path.join(photos, '..', 'elsewhere');
    renameSync(path.join(photos, 'made'), elsewhere);
    symlinkSync(elsewhere, path.join(photos, 'made'));
    symlinkSync(photos, path.join(elsewhere, 'back'));
    symlinkSync(path.join(photos, 'dog.png'), path.join(photos, 'again.png'));
    const { folders } = line.json<IndexReport>('index', photos);
    const examples = readdirSync(photos).length - 2;
    expect(folders.map(touched)).toEqual([{ added: examples + 3 }]);
  });

  it('keeps apart two folders with the same names in them, and exact copies', () => {
    const second = path.join(photos, '..', 'second');
    mkdirSync(second);
    for (const name of ['dog.png', 'cat.jpg']) copyFileSync(path.join(photos, name), path.join(second, name));
    const { folders } = line.json<IndexReport>('index', photos, second);
    expect(folders.map(({ added }) => added)).toEqual([folders[0].added, 2]);
    const { hits } = line.json<SearchResult>('search', 'a dog', '-n', '2', '--paths');
    expect(hits.map(({ path: file }) => file).sort()).toEqual(
      [path.join(photos, 'dog.png'), path.join(second, 'dog.png')].sort(),
    );
    expect(new Set(hits.map(({ item }) => item.id)).size).toBe(2);
  });

  it('keeps absolute paths in a table that nobody else may read, and nowhere else', () => {
    line.json('index', photos);
    const table = path.join(line.storePath, 'roots.json');
    expect(readFileSync(table, 'utf8')).toContain(photos);
    const { stdout } = spawnSync('grep', ['-rl', photos, line.storePath], { encoding: 'utf8' });
    expect(stdout.trim().split('\n')).toEqual([table]);
  });

  it('says what there is where a collection is not', () => {
    expect(line.run('search', 'a dog').stderr).toMatch(/There is none yet; clipgraph index FOLDER/);
    line.json('index', photos, '--collection', 'family');
    expect(line.run('search', 'a dog').stderr).toMatch(/There are family;/);
  });
});
