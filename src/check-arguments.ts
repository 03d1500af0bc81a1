import { kindOf } from './engine/index.js';
import { ClipgraphError } from './errors/index.js';

/** What an option has to be. */
const OPTIONS: Readonly<Record<string, readonly [check: (value: unknown) => boolean, what: string]>> = {
  model: [(value) => typeof value === 'string', 'a string'],
  runtime: [(value) => typeof value === 'string', 'a string'],
  normalize: [(value) => typeof value === 'boolean', 'a boolean'],
  truncate: [(value) => typeof value === 'boolean', 'a boolean'],
  isOriented: [(value) => typeof value === 'boolean', 'a boolean'],
  template: [(value) => typeof value === 'string', 'a string'],
  signal: [(value) => value instanceof AbortSignal, 'an AbortSignal'],
};

function wrong(argument: string, what: string, value: unknown, index = 0): ClipgraphError {
  const message = `Expected ${argument} to be ${what} but received ${kindOf(value)}.`;
  return new ClipgraphError('BAD_USER_INPUT', message, { input: { argument, index } });
}

/**
 * The options of a question; absent and null mean the same.
 *
 * @throws BAD_USER_INPUT that names the option
 */
export function checkOptions<Options extends object>(
  options: Options | null | undefined,
  method: string,
): Options {
  const given: unknown = options ?? {};
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw wrong('options', 'an object', given);
  }
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(OPTIONS, name) || (name === 'template' && method !== 'classify')) {
      const names = Object.keys(OPTIONS).filter((known) => known !== 'template' || method === 'classify');
      const message = `${method} has no such option; it has ${names.join(', ')}.`;
      throw new ClipgraphError('BAD_USER_INPUT', message, { input: { argument: 'options', index: 0 } });
    }
    const [check, what] = OPTIONS[name];
    if (value != null && !check(value)) throw wrong(`options.${name}`, what, value);
  }
  const present = Object.entries(given).filter(([, value]) => value != null);
  return Object.fromEntries(present) as unknown as Options;
}

/** @throws BAD_USER_INPUT */
export function checkString(value: unknown, argument: string): string {
  if (typeof value === 'string') return value;
  throw wrong(argument, 'a string', value);
}

/** @throws BAD_USER_INPUT */
export function checkList<Item>(value: readonly Item[], argument: string): readonly Item[] {
  if (Array.isArray(value)) return value as readonly Item[];
  throw wrong(argument, 'a list', value);
}

/** @throws BAD_USER_INPUT that says which of them is no string */
export function checkStrings(value: readonly unknown[], argument: string): readonly string[] {
  const list = checkList(value, argument);
  const index = list.findIndex((item) => typeof item !== 'string');
  if (index >= 0) throw wrong(argument, 'a list of strings', list[index], index);
  return list as readonly string[];
}

/** @throws BAD_USER_INPUT */
export function checkIterable<Items extends Iterable<unknown> | AsyncIterable<unknown>>(
  value: Items,
  argument: string,
): Items {
  const given: unknown = value;
  if (typeof given === 'object' && given !== null) {
    if (Symbol.asyncIterator in given || Symbol.iterator in given) return value;
  }
  throw wrong(argument, 'iterable', value);
}
