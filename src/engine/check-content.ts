import { ClipgraphError } from '../errors/index.js';
import type { Content, GivenVector, ImageSource, Part, WeightedPart } from './content.js';

type Fields = Readonly<Record<string, unknown>>;

function refuse(message: string): never {
  throw new ClipgraphError('BAD_USER_INPUT', message);
}

/** What a value is, in a word or two, and never what it holds. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
  if (typeof value === 'object') return 'an object';
  return value === undefined ? 'undefined' : `a ${typeof value}`;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** The one field that is given of these. */
function onlyField(value: unknown, what: string, names: readonly string[], hint: string): [string, unknown] {
  const list = `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}`;
  if (!isFields(value)) {
    refuse(`Expected ${what} to be an object with one of ${list} but received ${kindOf(value)}. ${hint}`);
  }
  const given = Object.entries(value).filter(([, field]) => field !== undefined);
  const unknown = given.filter(([name]) => !names.includes(name)).length;
  if (given.length !== 1 || unknown > 0) {
    const known = given.map(([name]) => name).filter((name) => names.includes(name));
    const others = unknown === 0 ? '' : `${known.length === 0 ? '' : ' and '}${unknown} unknown`;
    refuse(
      `Expected ${what} to have exactly one of ${list} but received ${known.join(', ')}${others || (known.length === 0 ? 'none' : '')}.`,
    );
  }
  return given[0];
}

const isString = (value: unknown): boolean => typeof value === 'string';
const IMAGE_FIELDS: Readonly<Record<string, readonly [check: (value: unknown) => boolean, what: string]>> = {
  path: [isString, 'a string'],
  url: [isString, 'a string'],
  base64: [isString, 'a string'],
  example: [isString, 'a string'],
  bytes: [(value) => value instanceof Uint8Array, 'a Uint8Array'],
  read: [(value) => typeof value === 'function', 'a function'],
};

function checkImage(value: unknown): ImageSource {
  const hint = 'For a file, give { path: … }.';
  const [name, field] = onlyField(value, 'image', Object.keys(IMAGE_FIELDS), hint);
  const [check, what] = IMAGE_FIELDS[name];
  if (!check(field)) refuse(`Expected image.${name} to be ${what} but received ${kindOf(field)}.`);
  return value as ImageSource;
}

function checkVector(value: unknown): GivenVector {
  if (!isFields(value)) {
    refuse(
      `Expected vector to be { values, checksum, dtype } but received ${kindOf(value)}: give { values: … }.`,
    );
  }
  const { values, checksum, dtype } = value;
  const isList = Array.isArray(values) || values instanceof Float32Array || values instanceof Float64Array;
  if (!isString(values) && !isList) {
    refuse(
      `Expected vector.values to be a list of numbers, a Float32Array or base64 but received ${kindOf(values)}.`,
    );
  }
  for (const [name, field] of Object.entries({ checksum, dtype })) {
    if (field != null && !isString(field)) {
      refuse(`Expected vector.${name} to be a string but received ${kindOf(field)}.`);
    }
  }
  return value as unknown as GivenVector;
}

function checkWeighted(value: unknown, place: number): WeightedPart {
  if (!isFields(value)) {
    refuse(`Expected blend[${place}] to be { content, weight } but received ${kindOf(value)}.`);
  }
  const { weight } = value;
  if (weight != null && typeof weight !== 'number') {
    refuse(`Expected blend[${place}].weight to be a number but received ${kindOf(weight)}.`);
  }
  checkPart(value.content, `blend[${place}].content`, ['text', 'image', 'vector']);
  return value as unknown as WeightedPart;
}

const HINT = 'A text is { text: … }, a picture { image: { path: … } }.';

function checkPart(value: unknown, what: string, names: readonly string[]): Part | Content {
  const [name, field] = onlyField(value, what, names, HINT);
  if (name === 'text' && !isString(field)) {
    refuse(`Expected text to be a string but received ${kindOf(field)}.`);
  }
  if (name === 'image') checkImage(field);
  if (name === 'vector') checkVector(field);
  if (name === 'blend') {
    if (!Array.isArray(field)) refuse(`Expected blend to be a list but received ${kindOf(field)}.`);
    for (const [place, part] of (field as unknown[]).entries()) checkWeighted(part, place);
  }
  return value as Content;
}

/**
 * What a program without types may hand in, as a content.
 *
 * @throws BAD_USER_INPUT that names the field, and says what it is instead of what it has to be
 */
export function checkContent(value: unknown): Content {
  return checkPart(value, 'the content', ['text', 'image', 'vector', 'blend']);
}
