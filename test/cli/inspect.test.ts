import { spawnSync } from 'node:child_process';
import { mkdtempSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { GOLDEN_PICTURES, GOLDEN_TEXTS, goldenPath } from '../golden-data.js';

const ROOT = path.join(__dirname, '..', '..');
const MAIN = path.join(ROOT, 'dist', 'src', 'cli', 'main.js');

function inspect(args: readonly string[], input: string | Buffer = ''): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'inspect', ...args], {
    cwd: ROOT,
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

function inspectLines(requests: readonly (object | string)[]): Record<string, unknown>[] {
  const lines = requests.map((request) => (typeof request === 'string' ? request : JSON.stringify(request)));
  const answers = inspect(['--jsonl'], lines.join('\n')).trim().split('\n');
  return answers.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('clipgraph inspect --jsonl', () => {
  it('gives the reference’s crop of every picture, in order', () => {
    const expectations = GOLDEN_PICTURES.flatMap(({ name, expected }) =>
      expected.map((entry) => ({ name, ...entry })),
    );
    const answers = inspectLines(
      expectations.map(({ name, size, convention, pillow, exif }) => ({
        image: goldenPath('preprocess', 'images', name),
        size,
        convention,
        pillow: pillow === '13.0' ? 13 : 12,
        strict: true,
        orientation: exif === 'applied' ? 'apply' : 'ignore',
      })),
    );
    expect(answers.map(({ sha256, resized, crop }) => ({ sha256, resized, crop }))).toEqual(
      expectations.map(({ sha256, resized, crop }) => ({ sha256, resized, crop })),
    );
  });

  it('gives the reference’s tokens of every text', () => {
    for (const convention of ['hf', 'openai'] as const) {
      const cases = GOLDEN_TEXTS.filter((golden) => (golden[convention].ids?.length ?? 0) <= 77);
      const answers = inspectLines(cases.map(({ text }) => ({ text, convention, strict: true })));
      expect(answers.map(({ ids, error }) => ids ?? (error as { code: string }).code)).toEqual(
        cases.map((golden) => golden[convention].ids ?? 'BAD_USER_INPUT'),
      );
    }
  });

  it('reads no file that is larger than a picture may be', () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'clipgraph-inspect-')), 'large.png');
    writeFileSync(file, '');
    truncateSync(file, 3 * 2 ** 30); // It takes no room on the disk.
    const [{ error }] = inspectLines([{ image: file }]);
    expect(error).toMatchObject({
      code: 'IMAGE_TOO_LARGE',
      message: expect.stringContaining('limits.maxImageBytes'),
    });
  });

  it('reads lines with a byte order mark, in UTF-16 too', () => {
    const line = JSON.stringify({ text: 'a dog' });
    const plain = inspect(['--jsonl'], line);
    expect(JSON.parse(plain)).toHaveProperty('ids');
    expect(inspect(['--jsonl'], `\ufeff${line}`)).toBe(plain);
    expect(inspect(['--jsonl'], Buffer.from(`\ufeff${line}\r\n`, 'utf16le'))).toBe(plain);
    expect(() => inspect(['--jsonl'], Buffer.from(`{"text":"B\u00e4r"}`, 'latin1'))).toThrow(
      /Line 1 .* not UTF-8/,
    );
  });

  it('goes on after a bad line, and keeps its place', () => {
    const dog = { image: path.join(ROOT, 'examples', 'dog.png') };
    const answers = inspectLines([
      'nonsense',
      dog,
      { image: 'nothing.jpg' },
      { image: path.join(ROOT, 'package.json') },
      { ...dog, size: 0 },
      { ...dog, colour: 'red' },
      '[]',
      '{"text": "a\u2028dog"}',
      { text: 'dog '.repeat(90) },
      { text: 'dog '.repeat(90), truncate: true },
    ]);
    expect(answers.map(({ error }) => (error as { code: string } | undefined)?.code)).toEqual([
      'BAD_USER_INPUT',
      undefined,
      'BAD_USER_INPUT',
      'UNSUPPORTED_IMAGE_FORMAT',
      'BAD_USER_INPUT',
      'BAD_USER_INPUT',
      'BAD_USER_INPUT',
      undefined,
      'TEXT_TOO_LONG',
      undefined,
    ]);
    expect(answers[1]).toMatchObject({ width: 360, height: 349, resized: [231, 224], crop: [3, 0] });
    expect(answers[7]).toEqual({ ids: [49406, 320, 1929, 49407], count: 4, isTruncated: false });
    expect(answers[9]).toMatchObject({ count: 77, isTruncated: true });
  });

  it('turns a picture by its EXIF orientation unless strict, and as told in any case', () => {
    const image = goldenPath('preprocess', 'images', 'jpg_exif6.jpg');
    const sums = inspectLines([
      { image },
      { image, strict: true },
      { image, orientation: 'ignore' },
      { image, orientation: 'apply', strict: true },
    ]).map(({ sha256 }) => sha256);
    expect(sums[0]).toBe(sums[3]);
    expect(sums[1]).toBe(sums[2]);
    expect(sums[0]).not.toBe(sums[1]);
  });
});

describe('clipgraph inspect', () => {
  it('explains a picture', () => {
    const explained = inspect([goldenPath('preprocess', 'images', 'png_gray16.png')]);
    expect(explained).toMatch(/^decoded {3}PNG, 227 × 226, 16-bit grey\nresized {3}224 × 224/);
    expect(explained).toMatch(
      /\nplan {6}hf: shortest side to 224, bicubic, centre crop 224 × 224, values \/ 255, mean /,
    );
    expect(explained).toMatch(/hf +the same\n +hf, strict +up to 255 levels apart/);
  });

  it('explains a text', () => {
    const explained = inspect(['schÃ¶n <|endoftext|>']);
    expect(explained).toContain('after cleaning to: schön <|endoftext|>');
    expect(explained).toContain('markers in the text become markers');
  });
});
