import type { SharedSpan } from './shared-memory.js';
import type { WireError } from './wire-error.js';

/**
 * From the server to its worker. A large payload goes ahead of its request in parts, or lies in memory that both share;
 * `cancel` names a request that nobody waits for any more.
 */
export type ToWorker =
  | { readonly id: number; readonly part: Uint8Array }
  | {
      readonly id: number;
      readonly method: string;
      readonly params: unknown;
      readonly shared?: SharedSpan | undefined;
    }
  | { readonly cancel: number };

/** From the worker to its server: that it has started; then each request is answered once. */
export type FromWorker =
  | { readonly ready: true }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: WireError };
