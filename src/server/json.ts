import type { Config } from '../config/index.js';
import { ClipgraphError } from '../errors/index.js';
import type { Place } from '../isolation/fair-queue.js';
import { SharedTurns, slices } from '../isolation/turns.js';

type JsonLimits = Pick<Config['limits'], 'maxJsonValues' | 'maxJsonKeys' | 'maxJsonDepth'>;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const LETTER_U = 0x75;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const BOM = [0xef, 0xbb, 0xbf];

/** RFC 8259's grammar: `Number()` alone reads more. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** Bounds what the expression looks at; no double needs as many digits. */
const LONGEST_NUMBER = 1000;
/** Bytes: names are shorter, and the engine hashes a key in one go. */
const LONGEST_KEY = 1000;
const LITERALS: readonly (readonly [string, boolean | null])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];
/** Bytes of bodies that begin to be read in one turn of the event loop: up to 10 ms. */
const begun = new SharedTurns(128 * 1024);
/** Values between two chances to give way: some 50 µs. */
const VALUES_PER_CHANCE = 64;
/** Bytes of a string that are decoded at once: at most 5 ms, for what is not ASCII. */
const PIECE_BYTES = 2 ** 19;

type Container = unknown[] | Record<string, unknown>;
/** Objects with the same keys in the same order: the engine has a hidden class for each, which its collector walks. */
interface Form {
  /** Its last key. */
  readonly key: string;
  /** The forms with one key more, by that key. */
  next?: Map<string, Form>;
}
/** Work that may be interrupted wherever it yields. */
type Steps<Result> = Generator<undefined, Result, undefined>;

function unreadable(): ClipgraphError {
  return new ClipgraphError('BAD_USER_INPUT', 'The body of the request cannot be read: send JSON in UTF-8.');
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Digits, signs, the point and the exponent. */
function isOfNumber(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e ||
    (byte | 0x20) === 0x65
  );
}

/** Where the string ends whose first byte is at `from`: the place of its closing quote. */
function* endOfString(bytes: Buffer, from: number): Steps<number> {
  let after = from;
  for (let escaped = 1; ; escaped++) {
    const quote = bytes.indexOf(QUOTE, after);
    if (quote < 0) throw unreadable();
    let first = quote;
    while (first > after && bytes[first - 1] === BACKSLASH) {
      first--;
      if ((quote - first) % PIECE_BYTES === 0) yield;
    }
    if ((quote - first) % 2 === 0) return quote;
    after = quote + 1;
    if (escaped % VALUES_PER_CHANCE === 0) yield;
  }
}

/** A place at or a little behind `at` that lies within no escape sequence and no character. */
function betweenCharacters(bytes: Buffer, at: number, from: number): number {
  let place = Math.max(from, at - 6);
  while (place > from && bytes[place - 1] === BACKSLASH) place--;
  // A run of backslashes begins here, or none: from here on they come in pairs.
  while (place < at) place += bytes[place] === BACKSLASH ? (bytes[place + 1] === LETTER_U ? 6 : 2) : 1;
  while ((bytes[place] & 0xc0) === 0x80) place++;
  return place;
}

function decodeString(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    throw unreadable();
  }
}

/** Decodes what stands between two quotes, a long one piece by piece. */
function* stringBetween(bytes: Buffer, from: number, end: number): Steps<string> {
  const pieces: string[] = [];
  let start = from;
  while (end - start > PIECE_BYTES) {
    const stop = Math.min(end, betweenCharacters(bytes, start + PIECE_BYTES, start));
    pieces.push(decodeString(bytes.toString('utf8', start, stop)));
    start = stop;
    yield;
  }
  const last = decodeString(bytes.toString('utf8', start, end));
  return pieces.length === 0 ? last : [...pieces, last].join('');
}

/** As `JSON.parse` does it: a key `__proto__` is a key. */
function add(container: Container, key: string, value: unknown): void {
  if (Array.isArray(container)) container.push(value);
  else if (key === '__proto__') {
    Object.defineProperty(container, key, { value, configurable: true, enumerable: true, writable: true });
  } else container[key] = value;
}

function* readJson(bytes: Buffer, { maxJsonValues, maxJsonKeys, maxJsonDepth }: JsonLimits): Steps<unknown> {
  let at = BOM.every((byte, i) => bytes[i] === byte) ? BOM.length : 0;
  let count = 0;
  const open: { readonly container: Container; form: Form }[] = [];
  const noKeys: Form = { key: '' };
  let forms = 0;

  const extend = (form: Form, key: string): Form => {
    const known = form.next?.get(key);
    if (known !== undefined) return known;
    forms++;
    if (forms > maxJsonKeys) {
      const message = `The objects of the body have more than ${maxJsonKeys} different keys (limits.maxJsonKeys).`;
      throw new ClipgraphError('PAYLOAD_TOO_LARGE', message);
    }
    const extended: Form = { key };
    form.next ??= new Map();
    form.next.set(key, extended);
    return extended;
  };

  const spaces = function* (): Steps<void> {
    for (; isSpace(bytes[at]); at++) if (at % PIECE_BYTES === 0) yield;
  };
  const take = function* (byte: number): Steps<void> {
    if (isSpace(bytes[at])) yield* spaces();
    if (bytes[at] !== byte) throw unreadable();
    at++;
  };
  const string = function* (longest = Infinity): Steps<string> {
    yield* take(QUOTE);
    const end = yield* endOfString(bytes, at);
    if (end - at > longest) {
      const message = `A key of the body is longer than ${longest} bytes: what is long belongs into values.`;
      throw new ClipgraphError('BAD_USER_INPUT', message);
    }
    const text = yield* stringBetween(bytes, at, end);
    at = end + 1;
    return text;
  };
  const key = function* (): Steps<string> {
    const text = yield* string(LONGEST_KEY);
    yield* take(COLON);
    return text;
  };
  const literal = (): unknown => {
    const from = at;
    const known = LITERALS.find(([name]) => bytes.toString('latin1', at, at + name.length) === name);
    if (known !== undefined) {
      at += known[0].length;
      return known[1];
    }
    while (isOfNumber(bytes[at]) && at - from <= LONGEST_NUMBER) at++;
    const text = bytes.toString('latin1', from, at);
    if (at - from > LONGEST_NUMBER || !NUMBER.test(text)) throw unreadable();
    return Number(text);
  };

  for (;;) {
    count++;
    if (count > maxJsonValues) {
      const message = `The body of the request holds more than ${maxJsonValues} values (limits.maxJsonValues). Send vectors as base64, or fewer contents at once.`;
      throw new ClipgraphError('PAYLOAD_TOO_LARGE', message);
    }
    if (count % VALUES_PER_CHANCE === 0) yield;

    if (isSpace(bytes[at])) yield* spaces();
    const first = bytes[at];
    let value: unknown;
    if (first === OPEN_LIST || first === OPEN_OBJECT) {
      const isList = first === OPEN_LIST;
      at++;
      const container: Container = isList ? [] : {};
      yield* spaces();
      if (bytes[at] === (isList ? CLOSE_LIST : CLOSE_OBJECT)) {
        at++;
      } else {
        if (open.length >= maxJsonDepth) {
          const message = `The body of the request is nested more than ${maxJsonDepth} deep (limits.maxJsonDepth).`;
          throw new ClipgraphError('PAYLOAD_TOO_LARGE', message);
        }
        open.push({ container, form: isList ? noKeys : extend(noKeys, yield* key()) });
        continue;
      }
      value = container;
    } else value = first === QUOTE ? yield* string() : literal();

    // The value is whole: it goes to its place, and so does each container that ends with it.
    for (;;) {
      const parent = open.at(-1);
      if (parent === undefined) {
        yield* spaces();
        if (at < bytes.length) throw unreadable();
        return value;
      }
      const { container, form } = parent;
      add(container, form.key, value);
      const isList = Array.isArray(container);
      if (isSpace(bytes[at])) yield* spaces();
      const next = bytes[at++];
      if (next === COMMA) {
        if (!isList) parent.form = extend(form, yield* key());
        break;
      }
      if (next !== (isList ? CLOSE_LIST : CLOSE_OBJECT)) throw unreadable();
      value = container;
      open.pop();
    }
  }
}

const CHARSET = /;\s*charset\s*=\s*"?utf-?8"?/i;

/**
 * @throws BAD_USER_INPUT for a content type that names another charset than UTF-8, in which alone JSON is exchanged
 */
export function checkCharset(contentType: string): void {
  if (contentType.includes('charset') && !CHARSET.test(contentType)) throw unreadable();
}

/**
 * What `JSON.parse` makes of the bytes, without holding up the event loop: the work is cut into slices, and a text with
 * too many values, or nested too deeply, is refused where it goes over the limit.
 *
 * @param bytes UTF-8, a byte order mark before it or not
 * @param place whose turns it takes
 * @throws BAD_USER_INPUT for what is no JSON; PAYLOAD_TOO_LARGE
 */
export async function parseJson(bytes: Buffer, limits: JsonLimits, place: Place): Promise<unknown> {
  await begun.share(bytes.length, place);
  const steps = readJson(bytes, limits);
  const work = slices({ place });
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) {
      if (bytes.length > PIECE_BYTES) await work.next(); // The last step may have joined megabytes of a string.
      return value;
    }
    if (work.isOver) await work.next();
  }
}
