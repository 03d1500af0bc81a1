import type { FieldExtensions } from './field-extensions.js';

export type { FieldExtensions } from './field-extensions.js';

type AmountOf = NonNullable<FieldExtensions['amount']>;

/** A number that was sent; what is no such number is refused by the execution. */
const count = (value: unknown): number => (typeof value === 'number' && value > 1 ? value : 1);
const length = (value: unknown): number => (Array.isArray(value) ? value.length : 1);

/** A page of items. */
export const pageAmount: AmountOf = ({ first }) => ({ results: count(first) });

/** Looking for an item's neighbours counts as a content, as a query that is given does. */
export const searchAmount: AmountOf = ({ first, itemId }) => ({
  results: count(first),
  contents: itemId == null ? 0 : 1,
});

export const neighboursAmount: AmountOf = ({ limit }) => ({ results: count(limit), contents: 1 });

export const collectionsAmount: AmountOf = (_args, { maxCollections }) => ({ results: maxCollections });

export const addAmount: AmountOf = ({ items }) => ({ results: length(items) });
