import { hash } from '../identity.js';
import { itemCursor, readItemCursor } from './cursor.js';
import { toFilter, type ItemFilter } from './filter.js';
import { toItem, type Item } from './item.js';
import type { OpenCollection } from './open-collection.js';
import { checkFirst, type PageInfo } from './search.js';

/** A page of a collection's items, in the order of their ids. */
export interface ItemPage {
  readonly nodes: readonly Item[];
  readonly pageInfo: PageInfo;
}

export interface PageOptions {
  /** Items at most. Default 50. */
  readonly first?: number | undefined;
  /** The `endCursor` of the page before. */
  readonly after?: string | null | undefined;
  readonly filter?: ItemFilter | null | undefined;
}

/** @throws BAD_USER_INPUT */
export async function pageOf(
  { spec, stored }: OpenCollection,
  { first = 50, after: cursor, filter: given }: PageOptions,
  signal: AbortSignal,
): Promise<ItemPage> {
  checkFirst(first);
  const filter = toFilter(given);
  const question = ['items', spec.name, hash([filter ?? null])];
  const after = cursor == null ? undefined : readItemCursor(question, cursor);
  const nodes: Item[] = [];
  // One more tells whether there is a next page.
  for await (const row of stored.scan({ after, limit: first + 1, filter, signal })) {
    nodes.push(toItem(spec.name, row));
  }
  const page = nodes.slice(0, first);
  const last = page.at(-1);
  return {
    nodes: page,
    pageInfo: { hasNextPage: nodes.length > first, endCursor: last && itemCursor(question, last.id) },
  };
}
