import type { Values } from './names.js';

type Order = '<' | '<=' | '>' | '>=';

/** What no text in the database holds: U+0000, or half of a surrogate pair. */
const FOREIGN = /\0|\p{Surrogate}/u;

/** Whether a text could be in the database. Another is in no row; sent as a value it would be refused, or changed. */
export function isKeepable(text: string): boolean {
  return !FOREIGN.test(text);
}

const isUpward = (order: Order): boolean => order === '>' || order === '>=';
const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
/** The first character above U+FFFF whose pair begins with this half. */
const firstOf = (high: number): string => String.fromCharCode(high, 0xdc00);

/**
 * A comparison by bytes with a text that may be one that no row can have: the texts of rows are compared with the
 * nearest one that they can have.
 *
 * @param left an expression of type text
 */
export function comparison(left: string, order: Order, right: string, values: Values): string {
  const compare = (how: Order, text: string): string =>
    `${left} collate "C" ${how} ${values.add(text)}::text`;
  const at = right.search(FOREIGN);
  if (at < 0) return compare(order, right);
  const before = right.slice(0, at);
  const unit = right.charCodeAt(at);
  // All that goes on after `before` is larger than with U+0000 there; `before` itself is smaller.
  if (unit === 0) return isUpward(order) ? compare('>', before) : compare('<=', before);
  // Half a pair is smaller than all pairs that begin with it, and larger than what is no pair.
  if (isHighSurrogate(unit)) return compare(isUpward(order) ? '>=' : '<', before + firstOf(unit));
  // The second half of a pair is larger than every first half: than all that goes on after `before`.
  const goesOn = `starts_with(${left}, ${values.add(before)}::text)`;
  return isUpward(order)
    ? `(${compare('>', before)} and not ${goesOn})`
    : `(${compare('<=', before)} or ${goesOn})`;
}

/** Whether a text begins with another, unit of UTF-16 by unit. */
export function beginning(left: string, start: string, values: Values): string {
  const startsWith = (text: string): string => `starts_with(${left}, ${values.add(text)}::text)`;
  const at = start.search(FOREIGN);
  if (at < 0) return startsWith(start);
  const unit = start.charCodeAt(at);
  if (at !== start.length - 1 || !isHighSurrogate(unit)) return 'false';
  // The first half of a pair is the beginning of all pairs with it.
  const before = start.slice(0, at);
  const isBelowNext = isHighSurrogate(unit + 1)
    ? comparison(left, '<', before + firstOf(unit + 1), values)
    : 'true';
  return `(${startsWith(before)} and ${comparison(left, '>=', before + firstOf(unit), values)} and ${isBelowNext})`;
}
