import type { Client, Turn } from '../isolation/fair-queue.js';

/** How contents are embedded. */
export interface EmbedOptions {
  /** A model's id or alias; the configured default if absent. */
  readonly model?: string | undefined;
  /** The runtime that must do the work; the configured default if absent. */
  readonly runtime?: string | undefined;
  /** Scale the vector to unit length. Default true. */
  readonly normalize?: boolean | undefined;
  /** Cut texts that are longer than the context. Default false: refuse them. */
  readonly truncate?: boolean | undefined;
  /** Turn pictures as their EXIF orientation says. As configured if absent. */
  readonly isOriented?: boolean | undefined;
}

/** The request that work is done for. */
export interface RequestScope {
  /** Aborted when the client goes away or its time is over. */
  readonly signal: AbortSignal;
  /** Stands for the request: requests take turns, contents of one don't. The signal itself if absent. */
  readonly group?: object;
  /** Stands for who asks: clients take turns, whatever their requests are. One for all who don't say, as in a program of one's own. */
  readonly client?: Client;
}

/** Who asks where nobody says. */
const THIS_PROGRAM = 'this program';

/** A place in the queues for work of a request. */
export function turnOf({ signal, group = signal, client = THIS_PROGRAM }: RequestScope): Turn {
  return { signal, group, client };
}
