import { ClipgraphError } from '../../errors/index.js';
import { isFileError, reasonOf, TemporaryError } from './patience.js';
import type { Response } from './request.js';

/** A stretch of a file that is read over as many connections as it takes. */
export interface RangedRead {
  /** Bytes of the whole file. */
  readonly size: number;
  /** `[from, to)` */
  readonly range: readonly [number, number];
  readonly onBytes: (bytes: Uint8Array, at: number) => Promise<void>;
  /** Asks for the bytes of a Range header; all of them without one. */
  readonly ask: (range: string | undefined, within: AbortSignal) => Promise<Response>;
  readonly attempt: (work: (within: AbortSignal, alive: () => void) => Promise<void>) => Promise<void>;
}

/**
 * Hands the bytes to `onBytes` as they come, each once and in order; a connection that breaks or stalls is taken up again
 * where it was.
 */
export async function readRange({
  size,
  range: [from, to],
  onBytes,
  ask,
  attempt,
}: RangedRead): Promise<void> {
  let at = from;
  while (at < to) {
    const before = at;
    await attempt(async (within, alive) => {
      const isWhole = at === 0 && to === size;
      const { status, body } = await ask(isWhole ? undefined : `bytes=${at}-${to - 1}`, within);
      // 200: the whole file, whatever was asked for.
      let position = status === 206 ? at : 0;
      if (body === null) throw new TemporaryError('the answer is empty');
      try {
        for await (const chunk of body as AsyncIterable<Uint8Array>) {
          alive();
          const skipped = Math.max(0, Math.min(chunk.length, at - position));
          const wanted = chunk.subarray(skipped, skipped + Math.max(0, to - at));
          position += chunk.length;
          if (wanted.length === 0) continue;
          await onBytes(wanted, at);
          at += wanted.length;
          if (at === to) return;
        }
      } catch (cause) {
        if (within.aborted || cause instanceof ClipgraphError || isFileError(cause)) throw cause;
        // What has come is kept: getting on counts as a fresh start, not as an attempt.
        if (at > before) return;
        throw new TemporaryError(`the connection broke: ${reasonOf(cause)}`, undefined, { cause });
      }
      if (at < to && at === before) throw new TemporaryError('the connection ended early');
    });
  }
}
