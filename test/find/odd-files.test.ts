import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { lockedOut } from '../unprivileged.js';
import { CommandLine, touched, type IndexReport, type SearchResult } from './command-line.js';
import { photoFolder } from './pictures.js';

/** Names that shells, terminals and programs trip over. */
const NAMES = [
  'two\nlines.png',
  '-n.png',
  '--prune.png',
  ' spaces .png',
  'quote\'s "and" $(more).png',
  'back\\slash.png',
  'e\u0301.png', // Two characters that look like the next one's.
  '\u00e9.png',
  '\u{1F415}.png',
  `${'long '.repeat(49)}.png`,
  'UPPER.PNG',
];

const locked = lockedOut();

describe('clipgraph index of odd files', () => {
  const line = new CommandLine();
  let photos: string;
  let examples: number;

  beforeAll(async () => {
    photos = await photoFolder(0);
    rmSync(path.join(photos, 'made'), { recursive: true });
    examples = readdirSync(photos).length;
    for (const name of NAMES) copyFileSync(path.join(photos, 'dog.png'), path.join(photos, name));
  });

  it('keeps each under its name, whatever it is called, and refuses what cannot be one with the reason', () => {
    writeFileSync(path.join(photos, 'empty.jpg'), '');
    symlinkSync('loop.jpg', path.join(photos, 'loop.jpg'));
    symlinkSync('dog.png', path.join(photos, 'same.png'));
    mkdirSync(path.join(photos, 'folder.jpg'));
    execFileSync('mkfifo', [path.join(photos, 'pipe.jpg')]);
    writeFileSync(
      Buffer.concat([Buffer.from(`${photos}/caf`), Buffer.of(0xe9), Buffer.from('.png')]),
      'Latin-1',
    );

    const { folders } = line.json<IndexReport>('index', photos);
    const [{ refused, others, unreadable }] = folders;
    expect(touched(folders[0])).toEqual({ added: examples + NAMES.length });
    expect(unreadable).toEqual([]);
    expect(others).toBe(1); // The pipe.
    const reasons = refused.map(({ file, code, message }) => [path.basename(file), code, message]).sort();
    expect(reasons).toEqual([
      ['caf\ufffd.png', 'BAD_USER_INPUT', expect.stringMatching(/cannot be read/)],
      ['empty.jpg', 'UNDECODABLE_IMAGE', expect.any(String)],
      ['loop.jpg', 'BAD_USER_INPUT', 'It is a link to nothing.'],
    ]);
    const found = line.json<SearchResult>('search', 'a dog', '-n', '100', '--paths').hits;
    const all = found.map(({ item: { source }, path: file }) => [source, file]);
    for (const name of NAMES) expect(all).toContainEqual([name, path.join(photos, name)]);
  });

  it('prints one line for each, and paths that xargs reads', () => {
    const { stdout } = line.run('search', 'a dog', '-n', String(NAMES.length + 1));
    expect(stdout.trimEnd().split('\n')).toHaveLength(NAMES.length + 1);
    const paths = line.run('search', 'a dog', '-n', String(NAMES.length + 1), '-0').stdout.split('\0');
    expect(paths.slice(0, -1).sort()).toEqual(
      [...NAMES, 'dog.png'].map((name) => path.join(photos, name)).sort(),
    );
  });

  it('touches nothing the second time', () => {
    const { folders } = line.json<IndexReport>('index', photos);
    expect(touched(folders[0])).toEqual({ unchanged: examples + NAMES.length });
  });
});

(locked === undefined ? describe.skip : describe)('clipgraph index of what may not be read', () => {
  const index = (line: CommandLine, folder: string) => {
    const { status, stdout, stderr } = line.runBehind(locked ?? [], 'index', folder, '--json');
    return { status, stderr, report: stdout === '' ? undefined : (JSON.parse(stdout) as IndexReport) };
  };

  it('keeps the items of a locked file and a locked folder, and says which they are', async () => {
    const line = new CommandLine();
    const photos = await photoFolder(3);
    const { count } = line.json<IndexReport>('index', photos);
    const [folder, file] = [path.join(photos, 'made'), path.join(photos, 'cat.jpg')];
    chmodSync(folder, 0);
    chmodSync(file, 0);
    utimesSync(file, 1, 1); // As if it had been changed.
    rmSync(path.join(photos, 'dog.png')); // It may have moved into the folder.
    try {
      const { status, stderr, report } = index(line, photos);
      expect(status).toBe(1);
      expect(stderr).toMatch(/made: the folder may not be read; nothing was removed/);
      expect(stderr).toMatch(/cat\.jpg: BAD_USER_INPUT: .*it may not be read/);
      expect(report?.count).toBe(count);
      expect(stderr).toMatch(/the files of 1 items are gone, or have moved into what may not be read/);
      expect(report?.folders.map(touched)).toEqual([{ unchanged: count - 5, kept: 1 }]);

      chmodSync(photos, 0);
      const whole = index(line, photos);
      expect(whole.status).toBe(1);
      expect(whole.stderr).toMatch(/BAD_USER_INPUT: The folder .* may not be read\. Nothing was changed/);
    } finally {
      for (const each of [photos, folder, file]) chmodSync(each, 0o755);
    }
    expect(line.json<IndexReport>('index', photos).folders.map(touched)).toEqual([
      { unchanged: count - 1, removed: 1 },
    ]);
  });
});
