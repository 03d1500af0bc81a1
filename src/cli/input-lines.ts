import { ClipgraphError } from '../errors/index.js';

/** What a list on standard input is separated by: line ends, or NUL as `find -print0` writes it. */
export type Separator = '\n' | '\0';

const LONGEST_MARK = 4;
/** What a byte order mark may begin with. */
const MARK_BEGINNINGS: readonly number[] = [0xef, 0xff, 0xfe, 0x00];

function refusal(message: string, cause?: unknown): ClipgraphError {
  return new ClipgraphError('BAD_USER_INPUT', message, { cause });
}

/** The encoding that a byte order mark states, and how many bytes the mark has. UTF-8 if there is none. */
function readMark(start: Buffer): { readonly encoding: string; readonly length: number } {
  const hex = start.toString('hex');
  if (hex.startsWith('fffe0000') || hex.startsWith('0000feff')) {
    throw refusal('Standard input is UTF-32. Convert it: iconv -f UTF-32 -t UTF-8.');
  }
  if (hex.startsWith('fffe')) return { encoding: 'utf-16le', length: 2 };
  if (hex.startsWith('feff')) return { encoding: 'utf-16be', length: 2 };
  return { encoding: 'utf-8', length: hex.startsWith('efbbbf') ? 3 : 0 };
}

/** Standard input without its byte order mark, in pieces, and its encoding. */
async function withoutMark(input: AsyncIterable<Buffer | string>) {
  const iterator = input[Symbol.asyncIterator]();
  let start = Buffer.alloc(0);
  // A first line of one letter is not kept waiting.
  while (start.length < LONGEST_MARK && (start.length === 0 || MARK_BEGINNINGS.includes(start[0]))) {
    const read = await iterator.next();
    if (read.done === true) break;
    start = Buffer.concat([start, Buffer.from(read.value)]);
  }
  const { encoding, length } = readMark(start);
  async function* pieces(): AsyncGenerator<Buffer> {
    yield start.subarray(length);
    for (;;) {
      const read = await iterator.next();
      if (read.done === true) return;
      yield Buffer.from(read.value);
    }
  }
  return { encoding, pieces: pieces() };
}

/** Cuts bytes where a separator stands; what stands after the last one is a piece, too. */
async function* cut(pieces: AsyncIterable<Buffer>, separator: Buffer): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  const unit = separator.length;
  let odd = Buffer.alloc(0);
  for await (const read of pieces) {
    const piece: Buffer = odd.length === 0 ? read : Buffer.concat([odd, read]);
    const whole = piece.length - (piece.length % unit);
    odd = Buffer.from(piece.subarray(whole));
    let from = 0;
    for (let at = piece.indexOf(separator); at !== -1 && at < whole;) {
      if (at % unit !== 0) {
        at = piece.indexOf(separator, at + 1); // It lies across two characters of UTF-16.
        continue;
      }
      yield Buffer.concat([...rest, piece.subarray(from, at)]);
      rest = [];
      from = at + unit;
      at = piece.indexOf(separator, from);
    }
    if (from < whole) rest.push(Buffer.from(piece.subarray(from, whole)));
  }
  yield Buffer.concat([...rest, odd]);
}

/**
 * The lines of standard input, without their ends; or the entries of a list that is separated by NUL. UTF-8, or UTF-16 with
 * its byte order mark.
 *
 * @throws BAD_USER_INPUT with the number of a line that is not in that encoding, or that holds NUL
 */
export async function* readLines(
  input: AsyncIterable<Buffer | string>,
  separator: Separator = '\n',
): AsyncGenerator<string> {
  const { encoding, pieces } = await withoutMark(input);
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  const character = separator.charCodeAt(0);
  const bytes = { 'utf-8': [character], 'utf-16le': [character, 0], 'utf-16be': [0, character] }[encoding];
  const what = separator === '\0' ? 'Entry' : 'Line';
  let number = 0;
  for await (const line of cut(pieces, Buffer.from(bytes ?? []))) {
    number++;
    let text: string;
    try {
      text = decoder.decode(line);
    } catch (cause) {
      throw refusal(
        `${what} ${number} of standard input is not ${encoding.toUpperCase()}. ` +
          'Convert it, say from Latin-1: iconv -f ISO-8859-1 -t UTF-8.',
        cause,
      );
    }
    if (text.includes('\0')) {
      throw refusal(
        `Line ${number} of standard input holds NUL. A list of find -print0 wants -0; ` +
          'UTF-16 without a byte order mark is converted by: iconv -f UTF-16LE -t UTF-8.',
      );
    }
    yield separator === '\n' ? text.replace(/\r$/, '') : text;
  }
}
