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

/** Items of each cluster that a subscription gives. */
export const CLUSTER_ITEMS = 100;

/** Items that the groups of an answer have together, at most. */
export const DUPLICATES_AT_MOST = 1000;

/** How many members each has is known when they are found; all together have so many. */
export const duplicatesAmount: AmountOf = ({ first }) => ({
  results: count(first),
  inner: Math.ceil(Math.max(2, DUPLICATES_AT_MOST / count(first))),
});

/** Labels are embedded. */
export const clustersAmount: AmountOf = ({ count: clusters, first, labels }) => ({
  results: count(clusters),
  inner: count(first),
  contents: Array.isArray(labels) ? labels.length : 0,
});

/** Each event of a stream is an answer of its own: one group, or one cluster. */
export const groupAmount: AmountOf = () => ({ results: DUPLICATES_AT_MOST });

export const clusterAmount: AmountOf = ({ labels }) => ({
  results: CLUSTER_ITEMS,
  contents: Array.isArray(labels) ? labels.length : 0,
});

/** Ids that one progress of making a collection anew may name. */
export const missingAmount: AmountOf = () => ({ results: 64 });
