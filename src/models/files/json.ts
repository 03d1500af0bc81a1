import { fileError } from './failures.js';
import { readText } from './read.js';

/** A token of JSON, with the white space before it. Source: RFC 8259. */
const TOKEN =
  /[ \t\n\r]*(?:("(?:[^"\\\p{Cc}]+|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|true\b|false\b|null\b)|([[\]{},:]))/uy;
const SPACE = /[ \t\n\r]*/y;

/** Where a text stops being JSON, as its line and column, from 1; the engine's own message does not always say. */
export function placeOfError(text: string): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offsetOfError(text)).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

function offsetOfError(text: string): number {
  const open: string[] = [];
  /** What may come next. */
  let expected: 'value' | 'value or end' | 'key' | 'key or end' | 'colon' | 'comma or end' = 'value';
  TOKEN.lastIndex = 0;
  for (;;) {
    SPACE.lastIndex = TOKEN.lastIndex;
    SPACE.test(text);
    const start = SPACE.lastIndex;
    const found = TOKEN.exec(text);
    if (found === null) return start;
    const [, string, literal, sign] = found as (string | undefined)[];
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
      if (string === undefined) return start;
      expected = 'colon';
      continue;
    } else if (sign === '[' || sign === '{') {
      open.push(sign === '[' ? ']' : '}');
      expected = sign === '[' ? 'value or end' : 'key or end';
      continue;
    } else if (string === undefined && literal === undefined) return start;
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
