import type { Collection, Hit, Item } from '../../engine/index.js';

/** An item and the collection that it is in: what the fields of Item are read from. */
export interface KeptItem {
  readonly item: Item;
  readonly collection: Collection;
}

/** A hit and the collection that it is in. */
export interface KeptHit {
  readonly hit: Hit;
  readonly collection: Collection;
}

export function keptHits(collection: Collection, hits: readonly Hit[]): KeptHit[] {
  return hits.map((hit) => ({ hit, collection }));
}
