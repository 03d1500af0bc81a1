import { kindOf, type NewCollection } from './engine/index.js';
import { ClipgraphError } from './errors/index.js';

type Check = readonly [check: (value: unknown) => boolean, what: string];

const aString: Check = [(value) => typeof value === 'string', 'a string'];
const aBoolean: Check = [(value) => typeof value === 'boolean', 'a boolean'];
const aNumber: Check = [(value) => typeof value === 'number', 'a number'];
const aFunction: Check = [(value) => typeof value === 'function', 'a function'];
const anObject: Check = [
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'an object',
];
const strings: Check = [
  (value) => Array.isArray(value) && value.every((each) => typeof each === 'string'),
  'a list of strings',
];

/** What an option has to be. */
const OPTIONS = {
  model: aString,
  runtime: aString,
  normalize: aBoolean,
  truncate: aBoolean,
  isOriented: aBoolean,
  template: aString,
  filter: anObject,
  minCosine: aNumber,
  first: aNumber,
  after: aString,
  isExact: aBoolean,
  threshold: aNumber,
  count: aNumber,
  labels: strings,
  dropMissing: aBoolean,
  fileOf: aFunction,
  signal: [(value) => value instanceof AbortSignal, 'an AbortSignal'],
} as const satisfies Record<string, Check>;

type Option = keyof typeof OPTIONS;

const HOW: readonly Option[] = ['model', 'runtime', 'truncate', 'isOriented'];
/** The options of methods that have others than those that embed and compare. */
const OF_METHOD: Readonly<Record<string, readonly Option[]>> = {
  classify: [...HOW, 'normalize', 'template', 'signal'],
  add: [...HOW, 'signal'],
  search: [...HOW, 'filter', 'minCosine', 'first', 'after', 'isExact', 'signal'],
  items: ['filter', 'signal'],
  duplicates: ['threshold', 'filter', 'signal'],
  clusters: [...HOW, 'count', 'labels', 'filter', 'first', 'signal'],
  reindex: ['model', 'dropMissing', 'fileOf', 'signal'],
};
const OF_ASKING: readonly Option[] = [...HOW, 'normalize', 'signal'];

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
  const own = OF_METHOD[method] ?? OF_ASKING;
  // In one order everywhere, whatever the method has of them.
  const names = (Object.keys(OPTIONS) as Option[]).filter((name) => own.includes(name));
  for (const [name, value] of Object.entries(given)) {
    const known = names.find((each) => each === name);
    if (known === undefined) {
      const message = `${method} has no such option; it has ${names.join(', ')}.`;
      throw new ClipgraphError('BAD_USER_INPUT', message, { input: { argument: 'options', index: 0 } });
    }
    const [check, what] = OPTIONS[known];
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

const OF_COLLECTION: Readonly<Record<string, Check>> = {
  name: aString,
  description: aString,
  model: aString,
  store: aString,
  thumbnails: aBoolean,
  keepText: aBoolean,
  keepOriginals: aBoolean,
};

/** @throws BAD_USER_INPUT that names the field */
export function checkNewCollection(value: NewCollection): NewCollection {
  const given: unknown = value;
  const [isObject, what] = anObject;
  if (!isObject(given)) throw wrong('input', what, given);
  for (const [name, field] of Object.entries(value)) {
    if (!Object.hasOwn(OF_COLLECTION, name)) {
      const message = `A collection has no such field; it has ${Object.keys(OF_COLLECTION).join(', ')}.`;
      throw new ClipgraphError('BAD_USER_INPUT', message, { input: { argument: 'input', index: 0 } });
    }
    const [check, kind] = OF_COLLECTION[name];
    if (field != null && !check(field)) throw wrong(`input.${name}`, kind, field);
  }
  checkString(value.name, 'input.name');
  return value;
}
