import { setMaxListeners } from 'node:events';
import type { Response } from 'express';
import { ClipgraphError } from '../errors/index.js';
import type { Place } from '../isolation/fair-queue.js';
import type { ByteBudget, ByteShare } from '../media/index.js';
import { firstByteOf } from './first-byte.js';

/** From the first byte of a request to the end of its answer: who still waits, and what it holds. */
export interface Lifetime {
  /** Aborted when the response or its connection closes, finished or not, when the time is over, and when others need its room. */
  readonly signal: AbortSignal;
  /** Closed with them. */
  readonly share: ByteShare;
  /** Whose turns the request takes. */
  readonly place: Place & { readonly client: string };
}

/** Why an operation is given up when its time is over, over whichever transport it came. */
export function tooLate(timeoutMs: number): ClipgraphError {
  const message = `The answer was not ready within ${timeoutMs} ms (limits.timeoutMs). Ask for less at once.`;
  return new ClipgraphError('TIMEOUT', message);
}

/** Made once: every request ends with it, and almost none has anything left that it would end. */
const NOBODY_WAITS = new ClipgraphError('TIMEOUT', 'Nobody waits for the answer any more.');

/** Its time has begun with the first byte of the request's head. */
export function lifetimeOf(
  response: Response,
  budget: ByteBudget,
  timeoutMs: number,
  client: string,
): Lifetime {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // One for each content of the request.
  const refuse = (reason: Error): void => {
    if (response.headersSent) response.destroy();
    else controller.abort(reason);
  };
  const share = budget.open({ client, refuse });
  const left = timeoutMs - (performance.now() - firstByteOf(response.req));
  const timer = setTimeout(
    () => {
      controller.abort(tooLate(timeoutMs));
    },
    Math.max(0, left),
  );
  const { socket } = response.req;
  const end = (): void => {
    response.off('close', end);
    socket.off('close', end);
    clearTimeout(timer);
    share.close();
    controller.abort(NOBODY_WAITS);
  };
  response.on('close', end);
  // Node closes only the answer whose turn it is: those of pipelined requests behind it end with their connection.
  socket.setMaxListeners(0).on('close', end);
  if (socket.destroyed) end();
  return { signal: controller.signal, share, place: { client, group: controller.signal } };
}
