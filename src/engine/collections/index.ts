export type { AddedItem } from './add-items.js';
export type { NewItem } from './new-item.js';
export { Collection } from './collection.js';
export { Collections, type NewCollection } from './collections.js';
export type { FieldCondition, ItemFilter } from './filter.js';
export type { Item } from './item.js';
export type { Move } from './move-items.js';
export type { ItemPage, PageOptions } from './items.js';
export type { Hit, PageInfo, Query, SearchOptions, SearchResult } from './search.js';
