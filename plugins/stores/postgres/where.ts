import { jsonTypeOf, type Condition, type Filter, type Json, type JsonObject } from 'clipgraph/store';
import { beginning, comparison, isKeepable } from './byte-order.js';
import type { Values } from './names.js';

/** The value at a path of keys: `->` with a text finds nothing in a list, as lists have no keys. */
function valueAt(path: readonly string[], values: Values): string {
  return path.reduce(
    (value, key) => `(${value} -> ${values.add(key)}::text)`,
    `coalesce(metadata, '{}'::jsonb)`,
  );
}

/** Whether the database could hold this value: not Infinity, nor texts that it cannot hold. */
function isPossible(value: Json): boolean {
  if (typeof value === 'string') return isKeepable(value);
  if (typeof value === 'number') return Number.isFinite(value);
  if (jsonTypeOf(value) === 'list') return (value as readonly Json[]).every(isPossible);
  if (jsonTypeOf(value) !== 'object') return true;
  return Object.entries(value as JsonObject).every(([key, child]) => isKeepable(key) && isPossible(child));
}

/** So many values of one condition are looked up in the index; more are compared row by row. */
const MOST_LOOKUPS = 100;

/** An object with one value, at a path of keys. `fromEntries` also takes `__proto__` for a key. */
function objectWith(path: readonly string[], value: Json): Json {
  return path.reduceRight<Json>((child, key) => Object.fromEntries([[key, child]]), value);
}

/** Whether a value is one of some. What has it contains it, which the index over metadata knows: it lets few rows through. */
function isAnyOf(path: readonly string[], candidates: readonly Json[], values: Values): string {
  const possible = path.every(isKeepable) ? candidates.filter(isPossible) : [];
  if (possible.length === 0) return 'false';
  const texts = possible.map((candidate) => JSON.stringify(candidate));
  const holds = `coalesce(${valueAt(path, values)} = any(${values.add(texts)}::text[]::jsonb[]), false)`;
  if (path.length === 0 || possible.length > MOST_LOOKUPS) return holds;
  const contains = possible.map(
    (candidate) => `metadata @> ${values.add(JSON.stringify(objectWith(path, candidate)))}::jsonb`,
  );
  return `((${contains.join(' or ')}) and ${holds})`;
}

const ORDERS = { lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;

/** What holds of a value if it has this type of JSON; false if it has another. */
function ofType(type: 'string' | 'number', value: string, holds: string): string {
  return `case when jsonb_typeof(${value}) = '${type}' then ${holds} else false end`;
}

/** The text that a value is, or its number as it is written. */
const textOf = (value: string): string => `(${value} #>> '{}')`;

function inOrder(
  path: readonly string[],
  name: keyof typeof ORDERS,
  bound: string | number,
  values: Values,
): string {
  // Of NaN nothing is true; PostgreSQL has it as the largest number.
  if (Number.isNaN(bound)) return 'false';
  const value = valueAt(path, values);
  if (typeof bound === 'string') {
    return ofType('string', value, comparison(textOf(value), ORDERS[name], bound, values));
  }
  const number = `${values.add(String(bound))}::numeric`;
  return ofType('number', value, `${textOf(value)}::numeric ${ORDERS[name]} ${number}`);
}

function comparisonOf(
  condition: Exclude<Condition, { readonly eq: Json } | { readonly in: readonly Json[] }>,
  values: Values,
): string {
  const { path } = condition;
  if (!path.every(isKeepable)) return 'exists' in condition && !condition.exists ? 'true' : 'false';
  if ('exists' in condition) return `${valueAt(path, values)} is ${condition.exists ? 'not ' : ''}null`;
  if ('startsWith' in condition) {
    const value = valueAt(path, values);
    return ofType('string', value, beginning(textOf(value), condition.startsWith, values));
  }
  if ('lt' in condition) return inOrder(path, 'lt', condition.lt, values);
  if ('lte' in condition) return inOrder(path, 'lte', condition.lte, values);
  if ('gt' in condition) return inOrder(path, 'gt', condition.gt, values);
  return inOrder(path, 'gte', condition.gte, values);
}

/**
 * A filter as a condition of SQL over the columns of items: true or false, never null, so that `not` turns it around. What
 * people wrote is in `values` alone.
 */
export function whereOf(filter: Filter, values: Values): string {
  if ('all' in filter) return joined(filter.all, ' and ', 'true', values);
  if ('any' in filter) return joined(filter.any, ' or ', 'false', values);
  if ('not' in filter) return `not ${whereOf(filter.not, values)}`;
  if ('modality' in filter) return `(modality = ${values.add(filter.modality)}::text)`;
  if ('root' in filter) {
    return isKeepable(filter.root)
      ? `coalesce(origin_root = ${values.add(filter.root)}::text, false)`
      : 'false';
  }
  // Within `coalesce` no index is seen; what looks values up is false, not null, by itself.
  if ('eq' in filter) return isAnyOf(filter.path, [filter.eq], values);
  if ('in' in filter) return isAnyOf(filter.path, filter.in, values);
  return `coalesce(${comparisonOf(filter, values)}, false)`;
}

function joined(filters: readonly Filter[], operator: string, ofNone: string, values: Values): string {
  return `(${filters.map((each) => whereOf(each, values)).join(operator) || ofNone})`;
}
