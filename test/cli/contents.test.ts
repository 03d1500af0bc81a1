import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { collect, contentOf, contentsOf, labelOf, type Reading } from '../../src/cli/contents.js';
import { withoutRoot } from '../unprivileged.js';

const ROOT = path.join(__dirname, '..', '..');
const DOG = path.join(ROOT, 'examples', 'dog.png');
const CAT = path.join(ROOT, 'examples', 'cat.jpg');
const LOOKS: Reading = { form: 'as it looks', separator: '\n' };
const TEXT: Reading = { ...LOOKS, form: 'text' };
const FILE: Reading = { ...LOOKS, form: 'file' };

const before = process.cwd();
beforeAll(() => {
  const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-'));
  process.chdir(folder);
  for (const name of ['my photo.jpg', 'b.jfif', 'c.jpe', 'd.PJPEG', 'photo[1].jpg', 'dog', '-']) {
    copyFileSync(CAT, name);
  }
  for (const name of ['empty', 'many', 'many/deep', 'cat', 'shots']) mkdirSync(name);
  copyFileSync(DOG, 'many/star.png');
  copyFileSync(DOG, 'many/deep/e.JFIF');
  writeFileSync('many/notes.txt', 'not a picture');
  copyFileSync(DOG, 'shots/a.png');
  writeFileSync('shots/b.heic', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'));
  writeFileSync('shots/c.bmp', Buffer.concat([Buffer.from('BM'), Buffer.alloc(60)]));
  writeFileSync('shots/d.tga', Buffer.alloc(60));
  copyFileSync(CAT, 'shots/e.heic'); // As some phones send them: a JPEG by another name.
  writeFileSync('shots/f.nef', Buffer.alloc(60));
  symlinkSync('nowhere.png', 'dangling');
  spawnSync('mkfifo', ['pipe']);
});
afterAll(() => {
  process.chdir(before);
});

/** A content as `text …`, `file …`, or the failure in its place. */
async function told(args: readonly string[], reading = LOOKS): Promise<string[]> {
  const contents = await collect(await contentsOf(args, reading));
  return Promise.all(
    contents.map(async ({ name, content }) => {
      if (content.text !== undefined) return `text ${content.text}`;
      try {
        await content.image?.read?.(2 ** 20);
        return `file ${name}`;
      } catch (error) {
        return `${name}: ${(error as Error).message}`;
      }
    }),
  );
}

function tell(argument: string, reading = LOOKS): string {
  try {
    const { name, content } = contentOf(argument, reading);
    return content.text === undefined ? `file ${name}` : `text ${content.text}`;
  } catch (error) {
    return `${(error as { code: string }).code}: ${(error as Error).message}`;
  }
}

describe('an argument', () => {
  it.each([
    'a dog',
    'dogs',
    '',
    'a dog?',
    'one (or two) dogs',
    'a dog. Or two',
    '5 * 3 = 15',
    'Dr. Who',
    'a:b',
    '[]',
    '🐶',
  ])('is a text: %j', async (argument) => {
    expect(tell(argument)).toBe(`text ${argument}`);
    expect(await told([argument])).toEqual([`text ${argument}`]);
  });

  it.each(['my photo.jpg', 'b.jfif', 'c.jpe', 'd.PJPEG', 'photo[1].jpg', 'dog', './dog', 'many/notes.txt'])(
    'is a file that is there: %s',
    (argument) => {
      expect(tell(argument)).toBe(`file ${argument}`);
    },
  );

  it.each([
    ...[
      'nothing/',
      'nothing/at all',
      'many/gone.png',
      '/nowhere/x',
      '~/x',
      '~',
      '.hidden',
      './x',
      '../x',
      'a/b c',
    ],
    ...[
      'my other photo.jpg',
      'x.jpeg',
      'x.JFIF',
      'x.jpe',
      'x.pjpeg',
      'x.heic',
      'x.HEIF',
      'x.jxl',
      'x.bmp',
      'x.svg',
    ],
    ...[
      'x.png ',
      'x.tga',
      'x.nef',
      'x.webp',
      'x.avif',
      'x.pdf',
      'C:\\photos\\x',
      'photos\\x.png',
      '/dev/fd/163',
    ],
    ...['https://example.com/a.png', 'data:image/png;base64,AAAA', 'x/'.repeat(4000)],
  ])('is never a text when it looks like a file: %s', async (argument) => {
    const message = tell(argument);
    expect(message).toMatch(/^BAD_USER_INPUT: (There is no file|.*(is an address|may not be read))/);
    expect(message).toContain(argument.slice(0, 200));
    expect(message).toMatch(/text: before it, or --text/);
    const [failure] = await told([argument]);
    expect(failure).not.toMatch(/^(text|file) /);
    expect(tell(argument, TEXT)).toBe(`text ${argument}`);
    expect(tell(`text:${argument}`)).toBe(`text ${argument}`);
  });

  it.each([
    ['many', /is a folder/],
    ['many/', /is a folder/],
    ['cat', /is a folder/],
    ['dangling', /a link to nothing/],
    ['pipe', /is a pipe or device/],
    ['/dev/null', /is a pipe or device/],
  ])('is an error where one content is asked for and it is something else: %s', (argument, message) => {
    expect(tell(argument)).toMatch(message);
    expect(tell(argument, FILE)).toMatch(message);
    expect(tell(argument, TEXT)).toBe(`text ${argument}`);
  });

  it('is forced to be a file', () => {
    expect(tell('a dog', FILE)).toBe('BAD_USER_INPUT: There is no file a dog.');
    expect(tell('file:a dog')).toBe('BAD_USER_INPUT: There is no file a dog.');
    expect(tell('file:dog')).toBe('file dog');
    expect(tell('dog', TEXT)).toBe('text dog');
    expect(tell('text:x.png', FILE)).toMatch(/There is no file text:x\.png/);
  });

  it('is standard input only in a list', () => {
    expect(tell('./-')).toBe('file ./-');
    expect(tell('text:-')).toBe('text -');
  });
});

describe('arguments of a list', () => {
  it('are the pictures of folders and patterns, in order', async () => {
    expect(await told(['many/', 'a dog', 'many/*star*', 'many/**/*.{png,jfif}'])).toEqual([
      ...['file many/deep/e.JFIF', 'file many/star.png', 'text a dog', 'file many/star.png'],
      ...['file many/deep/e.JFIF', 'file many/star.png'],
    ]);
    expect(await told(['.'])).toContain('file ./b.jfif');
  });

  it.each([
    ['empty', /empty: There is no picture in empty/],
    ['many/*moon*', /No file matches the pattern/],
    ['*moon*', /No file matches the pattern/],
    ['moon[0-9].png', /No file matches the pattern/],
    ['nothing/', /There is no file nothing\//],
    ['pipe', /is a pipe or device/],
  ])('fail in their place where they name nothing: %s', async (argument, message) => {
    expect(await told(['a dog', argument, 'a cat'])).toEqual([
      'text a dog',
      expect.stringMatching(message),
      'text a cat',
    ]);
  });

  it('name what is not decoded and what to do, by the bytes and not by the name', async () => {
    expect(await told(['shots'])).toEqual([
      'file shots/a.png',
      expect.stringMatching(/^shots\/b\.heic: .*HEIC.* Convert it first: heif-convert/),
      expect.stringMatching(/^shots\/c\.bmp: .*BMP.* Convert it first: magick/),
      expect.stringMatching(/^shots\/d\.tga: .*TGA.* Convert it first: magick/),
      'file shots/e.heic',
      expect.stringMatching(/^shots\/f\.nef: .*raw.* Convert it first: dcraw/),
    ]);
  });

  it('follow links to elsewhere, and name one that leads to nothing', async () => {
    mkdirSync('linked');
    symlinkSync('../many/deep', 'linked/deep');
    symlinkSync('..', 'linked/up');
    symlinkSync('nowhere.jpg', 'linked/lost.jpg');
    const all = await told(['linked']);
    expect(all).toContain('file linked/deep/e.JFIF');
    expect(all).toContain('linked/lost.jpg: It is a link to nothing.');
    expect(all.filter((name) => name.includes('linked/up/linked'))).toEqual([]);
  });

  (process.getuid === undefined ? it.skip : it)(
    'say which folder may not be read, and give the others',
    async () => {
      mkdirSync('partly/locked', { recursive: true });
      copyFileSync(DOG, 'partly/cat.png');
      chmodSync('partly/locked', 0);
      chmodSync('.', 0o755);
      await withoutRoot(async () => {
        expect(await told(['partly/locked'])).toEqual([
          'partly/locked: The folder partly/locked may not be read.',
        ]);
        expect(await told(['partly'])).toEqual([
          'file partly/cat.png',
          'partly/locked: The folder partly/locked may not be read.',
        ]);
      });
    },
  );

  it('hold standard input once', async () => {
    await expect(contentsOf(['-', 'text:-'], LOOKS)).rejects.toThrow('can be read once');
  });
});

it('takes labels for texts, but not the files that a shell made of a pattern', () => {
  for (const label of ['dog', 'cat', 'black/white', 'photo.jpg']) expect(labelOf(label, LOOKS)).toBe(label);
  expect(labelOf('text:my photo.jpg', LOOKS)).toBe('my photo.jpg');
  expect(labelOf('my photo.jpg', TEXT)).toBe('my photo.jpg');
  expect(() => labelOf('my photo.jpg', LOOKS)).toThrow(/is a file: classify takes one content/);
});
