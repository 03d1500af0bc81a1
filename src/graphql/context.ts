import type { Config } from '../config/index.js';
import type { Embedder, Item } from '../engine/index.js';
import type { PermittedCollections } from './permitted-collections.js';

/** What the resolvers of one operation share. */
export interface Context {
  readonly embedder: Embedder;
  /** As the client may use them. */
  readonly collections: PermittedCollections;
  /** Where the small picture of an item can be had for a while: a relative address. */
  readonly thumbnailOf: (item: Item) => string;
  readonly config: Config;
  /** When the server started, as `performance.now()`. */
  readonly startedAt: number;
  /** Stands for the request in the log. */
  readonly requestId: string;
  /** What the operator calls the token that was sent. */
  readonly tokenName: string | undefined;
  /** Stands for who asks: clients take turns, whatever their requests are. */
  readonly client: string;
  /** Aborted when the client goes away or the time is over. */
  readonly signal: AbortSignal;
}
