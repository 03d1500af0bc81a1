import { isSameJson, jsonTypeOf, type Json, type JsonObject } from './json.js';

/**
 * Which items are meant. A comparison is false where the key is missing or its value is of another type of JSON;
 * `not` turns that around.
 */
export type Filter =
  | { readonly all: readonly Filter[] }
  | { readonly any: readonly Filter[] }
  | { readonly not: Filter }
  | { readonly modality: FilteredRow['modality'] }
  /** Made of a file of this root by `clipgraph index`. */
  | { readonly root: string }
  | Condition;

/** A condition on a value of the metadata. */
export type Condition = { readonly path: readonly string[] } & (
  | { readonly eq: Json }
  | { readonly in: readonly Json[] }
  /** Numbers by size, strings by their bytes in UTF-8. */
  | { readonly [Name in FilterOrder]: Readonly<Record<Name, string | number>> }[FilterOrder]
  | { readonly exists: boolean }
  | { readonly startsWith: string }
);

export type FilterOrder = 'lt' | 'lte' | 'gt' | 'gte';

/** What of a row a filter looks at. */
export interface FilteredRow {
  readonly modality: 'TEXT' | 'IMAGE' | 'VECTOR' | 'BLEND';
  readonly metadata: JsonObject;
  readonly origin: { readonly root: string } | null;
}

/** The value at a path of keys; undefined where there is none. Lists have no keys. */
export function valueAt(metadata: JsonObject, path: readonly string[]): Json | undefined {
  let value: Json = metadata;
  for (const key of path) {
    if (jsonTypeOf(value) !== 'object' || !Object.hasOwn(value as JsonObject, key)) return undefined;
    value = (value as JsonObject)[key];
  }
  return value;
}

/** The order of two strings by their bytes in UTF-8: negative, zero or positive. UTF-16 units have another order. */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (left === right) continue;
    // Surrogates stand for what is above all that has one unit.
    const isLeftSurrogate = left >= 0xd800 && left <= 0xdfff;
    const isRightSurrogate = right >= 0xd800 && right <= 0xdfff;
    return isLeftSurrogate === isRightSurrogate ? left - right : isLeftSurrogate ? 1 : -1;
  }
  return a.length - b.length;
}

const HOLDS: Readonly<Record<FilterOrder, (order: number) => boolean>> = {
  lt: (order) => order < 0,
  lte: (order) => order <= 0,
  gt: (order) => order > 0,
  gte: (order) => order >= 0,
};

function holdsInOrder(value: Json | undefined, name: FilterOrder, bound: string | number): boolean {
  if (typeof value === 'number' && typeof bound === 'number') return HOLDS[name](value - bound);
  if (typeof value === 'string' && typeof bound === 'string') return HOLDS[name](compareBytes(value, bound));
  return false;
}

function meets(metadata: JsonObject, condition: Condition): boolean {
  const value = valueAt(metadata, condition.path);
  if ('exists' in condition) return (value !== undefined) === condition.exists;
  if (value === undefined) return false;
  if ('eq' in condition) return isSameJson(value, condition.eq);
  if ('in' in condition) return condition.in.some((each) => isSameJson(value, each));
  if ('startsWith' in condition) return typeof value === 'string' && value.startsWith(condition.startsWith);
  if ('lt' in condition) return holdsInOrder(value, 'lt', condition.lt);
  if ('lte' in condition) return holdsInOrder(value, 'lte', condition.lte);
  if ('gt' in condition) return holdsInOrder(value, 'gt', condition.gt);
  return holdsInOrder(value, 'gte', condition.gte);
}

/** Whether a filter means this row: the definition that every store follows, in whatever language it asks. */
export function matches(row: FilteredRow, filter: Filter): boolean {
  if ('all' in filter) return filter.all.every((each) => matches(row, each));
  if ('any' in filter) return filter.any.some((each) => matches(row, each));
  if ('not' in filter) return !matches(row, filter.not);
  if ('modality' in filter) return row.modality === filter.modality;
  if ('root' in filter) return row.origin?.root === filter.root;
  return meets(row.metadata, filter);
}
