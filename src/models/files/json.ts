import { fileError } from './failures.js';
import { readText } from './read.js';

/** A token of JSON other than a string. Source: RFC 8259. */
const TOKEN =
  /(-?(?:0|[1-9]\d{0,4095})(?:\.\d{1,4096})?(?:[eE][+-]?\d{1,9})?(?![\w.])|true\b|false\b|null\b)|([[\]{},:])/y;
/** A part of a string, no longer than a regular expression goes back over without end: strings may have megabytes. */
const PART = /(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4})){1,4096}/uy;

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

/** Where the string that begins at a place has ended; undefined for one that is none. */
function endOfString(text: string, start: number): number | undefined {
  let at = start + 1;
  for (;;) {
    PART.lastIndex = at;
    if (!PART.test(text)) return text[at] === '"' ? at + 1 : undefined;
    at = PART.lastIndex;
  }
}

/** Where a text stops being JSON, as its line and column, from 1; the engine's own message does not always say. */
export function placeOfError(text: string): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offsetOfError(text)).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

function offsetOfError(text: string): number {
  const open: string[] = [];
  /** What may come next. */
  let expected: 'value' | 'value or end' | 'key' | 'key or end' | 'colon' | 'comma or end' = 'value';
  for (let at = 0; ;) {
    while (isSpace(text.charCodeAt(at))) at++;
    const start = at;
    const end = text[start] === '"' ? endOfString(text, start) : undefined;
    TOKEN.lastIndex = start;
    const found = end === undefined ? TOKEN.exec(text) : null;
    if (end === undefined && found === null) return start;
    at = end ?? TOKEN.lastIndex;
    const isString = end !== undefined;
    const [, literal, sign] = (found ?? []) as readonly (string | undefined)[];
    const ends = sign === ']' || sign === '}';
    if (ends) {
      const isAllowed =
        expected === 'comma or end' || expected === (sign === ']' ? 'value or end' : 'key or end');
      if (!isAllowed || open.pop() !== sign) return start;
    } else if (expected === 'colon') {
      if (sign !== ':') return start;
      expected = 'value';
      continue;
    } else if (expected === 'comma or end') {
      if (sign !== ',' || open.length === 0) return start;
      expected = open.at(-1) === '}' ? 'key' : 'value';
      continue;
    } else if (expected.startsWith('key')) {
      if (!isString) return start;
      expected = 'colon';
      continue;
    } else if (sign === '[' || sign === '{') {
      open.push(sign === '[' ? ']' : '}');
      expected = sign === '[' ? 'value or end' : 'key or end';
      continue;
    } else if (!isString && literal === undefined) return start;
    expected = 'comma or end';
  }
}

/**
 * The value that a JSON text of a model holds.
 *
 * @param file its name, for the message
 * @throws MODEL_UNAVAILABLE with the place where it stops being JSON
 */
export function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const { line, column } = placeOfError(text);
    throw fileError(file, `is not JSON: line ${line}, column ${column}`, cause);
  }
}

/**
 * The value of a JSON file of a model.
 *
 * @throws MODEL_UNAVAILABLE when it cannot be read, or is not JSON
 */
export async function readJson(folder: string, file: string): Promise<unknown> {
  return parseJson(file, await readText(folder, file));
}
