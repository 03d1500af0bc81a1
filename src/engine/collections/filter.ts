import { ClipgraphError } from '../../errors/index.js';
import type { Filter, Json } from '../../stores/index.js';
import { kindOf } from '../check-content.js';
import type { Modality } from '../content.js';

/** A condition on a value of the metadata: exactly one beside the key. */
export interface FieldCondition {
  /** Of the metadata; may be a path with dots. */
  readonly key: string;
  readonly eq?: Json | undefined;
  readonly in?: readonly Json[] | null | undefined;
  readonly lt?: Json | undefined;
  readonly lte?: Json | undefined;
  readonly gt?: Json | undefined;
  readonly gte?: Json | undefined;
  readonly exists?: boolean | null | undefined;
  /** Strings that begin with this. */
  readonly startsWith?: string | null | undefined;
}

/** Which items are meant: all that is given must hold. */
export interface ItemFilter {
  readonly all?: readonly FieldCondition[] | null | undefined;
  readonly any?: readonly ItemFilter[] | null | undefined;
  readonly not?: ItemFilter | null | undefined;
  readonly modality?: Modality | null | undefined;
}

const DEEPEST = 10;
/** Of a value in a filter, from the filter's outside. */
const DEEPEST_VALUE = 64;
/** What `checkRow` lets no metadata hold. */
const NO_TEXT = /\0|\p{Surrogate}/u;
const MOST_CONDITIONS = 100;
const MOST_BYTES = 64 * 1024;
const MOST_KEYS = 16;
const OPERATORS = ['eq', 'in', 'lt', 'lte', 'gt', 'gte', 'exists', 'startsWith'] as const;
const MODALITIES: readonly unknown[] = ['TEXT', 'IMAGE', 'VECTOR', 'BLEND'] satisfies Modality[];

function refuse(message: string): never {
  throw new ClipgraphError('BAD_USER_INPUT', message, { input: { argument: 'filter', index: 0 } });
}

function expect(isRight: boolean, what: string, value: unknown): void {
  if (!isRight) refuse(`Expected ${what} but received ${kindOf(value)}.`);
}

/** null stands for an operator that is absent, but for `eq`: what is equal to null is asked for. */
function operatorOf(condition: FieldCondition): (typeof OPERATORS)[number] {
  const given = OPERATORS.filter((name) => condition[name] != null);
  if (given.length === 1) return given[0];
  if (given.length === 0 && condition.eq === null) return 'eq';
  return refuse(
    `A condition of a filter has exactly one of ${OPERATORS.join(', ')} beside its key; this one has ${given.join(', ') || 'none'}.`,
  );
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function toCondition(condition: FieldCondition): Filter {
  expect(isObject(condition), 'a condition to be an object', condition);
  const { key } = condition;
  expect(typeof key === 'string', 'the key of a condition to be a string', key);
  const path = key.split('.');
  if (path.length > MOST_KEYS || path.includes('')) {
    refuse(`The key of a condition is 1 to ${MOST_KEYS} keys with dots between them, such as "camera.make".`);
  }
  const name = operatorOf(condition);
  const value = condition[name];
  switch (name) {
    case 'eq':
      return { path, eq: value as Json };
    case 'in':
      expect(Array.isArray(value), 'in to be a list', value);
      return { path, in: value as readonly Json[] };
    case 'exists':
      expect(typeof value === 'boolean', 'exists to be a boolean', value);
      return { path, exists: value as boolean };
    case 'startsWith':
      expect(typeof value === 'string', 'startsWith to be a string', value);
      return { path, startsWith: value as string };
    default: {
      const isOrdered = typeof value === 'string' || Number.isFinite(value);
      expect(isOrdered, `${name} to be a number or a string`, value);
      return { path, [name]: value } as unknown as Filter;
    }
  }
}

/** Refuses texts that no metadata holds: not every store could be asked for them. */
function checkTexts(value: unknown, depth = 0): void {
  if (depth > DEEPEST_VALUE)
    refuse(`A value in a filter may be nested ${DEEPEST_VALUE} levels deep, the filter included.`);
  if (typeof value === 'string' && NO_TEXT.test(value)) {
    refuse('A text in the filter holds U+0000, or half of a surrogate pair: no metadata does.');
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    checkTexts(key);
    checkTexts(child, depth + 1);
  }
}

/**
 * A filter as stores take it; undefined where everything is meant.
 *
 * @throws BAD_USER_INPUT for one that is too deep or too large, or says something that cannot be
 */
export function toFilter(filter: ItemFilter | null | undefined): Filter | undefined {
  if (filter == null) return undefined;
  let conditions = 0;

  const read = (given: ItemFilter, depth: number): Filter => {
    if (depth > DEEPEST) refuse(`A filter may be nested ${DEEPEST} levels deep, not more.`);
    expect(isObject(given), 'a filter to be an object', given);
    const { all, any, not, modality, ...unknown } = given;
    if (Object.keys(unknown).length > 0) refuse('A filter has all, any, not and modality, and nothing else.');
    const parts: Filter[] = [];
    if (all != null) {
      expect(Array.isArray(all), 'all to be a list of conditions', all);
      conditions += all.length;
      if (conditions > MOST_CONDITIONS) refuse(`A filter may have ${MOST_CONDITIONS} conditions, not more.`);
      parts.push(...all.map(toCondition));
    }
    if (any != null) {
      expect(Array.isArray(any), 'any to be a list of filters', any);
      conditions += any.length;
      if (conditions > MOST_CONDITIONS) refuse(`A filter may have ${MOST_CONDITIONS} conditions, not more.`);
      parts.push({ any: any.map((each) => read(each, depth + 1)) });
    }
    if (not != null) parts.push({ not: read(not, depth + 1) });
    if (modality != null) {
      if (!MODALITIES.includes(modality)) refuse(`A modality is one of ${MODALITIES.join(', ')}.`);
      parts.push({ modality });
    }
    return parts.length === 1 ? parts[0] : { all: parts };
  };

  const made = read(filter, 1);
  checkTexts(made);
  if (Buffer.byteLength(JSON.stringify(made)) > MOST_BYTES) {
    refuse(`A filter may have ${MOST_BYTES} bytes as JSON, not more.`);
  }
  return made;
}
