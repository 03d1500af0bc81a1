import { Readable } from 'node:stream';
import { readLines, type Separator } from '../../src/cli/input-lines.js';

/** In pieces of so many bytes, as a pipe may bring them. */
function inPieces(bytes: Buffer, size: number): Readable {
  const starts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => i * size);
  return Readable.from(starts.map((at) => bytes.subarray(at, at + size)));
}

async function linesOf(bytes: Buffer, separator?: Separator, size = 3): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readLines(inPieces(bytes, size), separator)) lines.push(line);
  return lines;
}

const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();
const TEXT = 'a dog\r\nein Bär 🐻\nĊ ਊ \u0a0a\n\nlast';
const LINES = ['a dog', 'ein Bär 🐻', 'Ċ ਊ \u0a0a', '', 'last'];

describe('the lines of standard input', () => {
  it.each([
    ['UTF-8', Buffer.from(TEXT)],
    ['UTF-8 with its mark', Buffer.from(`\ufeff${TEXT}`)],
    ['UTF-16LE with its mark', Buffer.from(`\ufeff${TEXT}`, 'utf16le')],
    ['UTF-16BE with its mark', utf16be(`\ufeff${TEXT}`)],
  ])('are read from %s, however it is cut', async (_, bytes) => {
    for (const size of [1, 2, 3, 5, 4096]) expect(await linesOf(bytes, '\n', size)).toEqual(LINES);
  });

  it('keep a mark that is not at the beginning', async () => {
    expect(await linesOf(Buffer.from('\ufeff\ufeffa\n\ufeffb'))).toEqual(['\ufeffa', '\ufeffb']);
  });

  it('may be a list separated by NUL, whose entries hold line ends', async () => {
    expect(await linesOf(Buffer.from('one\ntwo\0three\r\n\0'), '\0')).toEqual(['one\ntwo', 'three\r\n', '']);
  });

  it.each([
    ['Latin-1', Buffer.from('a\nb\nschön\nc', 'latin1'), /^Line 3 .* not UTF-8\. .*iconv/],
    ['a cut character', Buffer.from('a\nB\u00e4r').subarray(0, 4), /^Line 2 .* not UTF-8/],
    ['UTF-16 without a mark', Buffer.from('a dog\n', 'utf16le'), /^Line 1 .* holds NUL.*UTF-16/],
    ['a list separated by NUL', Buffer.from('a.png\0b.png\0'), /holds NUL.*-0/],
    [
      'half a character of UTF-16',
      Buffer.from('\ufeffa\nb', 'utf16le').subarray(0, 7),
      /^Line 2 .* not UTF-16LE/,
    ],
    ['half a pair of UTF-16', Buffer.from('\ufeffa\ud800', 'utf16le'), /^Line 1 .* not UTF-16LE/],
    ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]), /UTF-32/],
  ])('are refused from %s', async (_, bytes, message) => {
    for (const size of [1, 4096]) {
      await expect(linesOf(bytes, '\n', size)).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
        message: expect.stringMatching(message),
      });
    }
  });

  it('are there before their source ends or goes on', async () => {
    async function* endless(): AsyncGenerator<Buffer> {
      yield Buffer.from('a\n');
      await new Promise(() => undefined);
    }
    const lines = readLines(endless());
    expect(await lines.next()).toEqual({ done: false, value: 'a' });
  });

  it('are none where there is nothing', async () => {
    expect(await linesOf(Buffer.alloc(0))).toEqual(['']);
  });
});
