import { setMaxListeners } from 'node:events';
import type { Response } from 'express';
import { ClipgraphError } from '../errors/index.js';
import type { ByteBudget, ByteShare } from '../media/index.js';
import { firstByteOf } from './first-byte.js';

/** From the first byte of a request to the end of its answer: who still waits, and what it holds. */
export interface Lifetime {
  /** Aborted when the response closes, finished or not, and when the time is over. */
  readonly signal: AbortSignal;
  /** Closed when the response closes. */
  readonly share: ByteShare;
}

/** Why an operation is given up when its time is over, over whichever transport it came. */
export function tooLate(timeoutMs: number): ClipgraphError {
  const message = `The answer was not ready within ${timeoutMs} ms (limits.timeoutMs). Ask for less at once.`;
  return new ClipgraphError('TIMEOUT', message);
}

/** Its time has begun with the first byte of the request's head. */
export function lifetimeOf(response: Response, budget: ByteBudget, timeoutMs: number): Lifetime {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // One for each content of the request.
  const share = budget.open();
  const left = timeoutMs - (performance.now() - firstByteOf(response.req));
  const timer = setTimeout(
    () => {
      controller.abort(tooLate(timeoutMs));
    },
    Math.max(0, left),
  );
  response.once('close', () => {
    clearTimeout(timer);
    share.close();
    controller.abort(new ClipgraphError('TIMEOUT', 'Nobody waits for the answer any more.'));
  });
  return { signal: controller.signal, share };
}
