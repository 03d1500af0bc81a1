import type { WebSocket } from 'ws';
import type { ByteShare } from '../media/index.js';
import { piecesOf } from './answers.js';

/** Sends messages one after the other. */
export interface Sender {
  /** Whether a message is on its way. */
  readonly isBusy: boolean;
  /**
   * Resolves when the client has taken it, or is gone.
   *
   * @throws OVERLOADED, PAYLOAD_TOO_LARGE when there is no room to keep it until then
   */
  send(text: string): Promise<void>;
}

/** Characters of a message that are on their way at once: each piece must be taken in time, however long the message is. */
const FRAGMENT = 256 * 1024;
/** What a message costs beside its bytes while it waits, at most. */
const MESSAGE_BYTES = 1024;

/**
 * @param share that messages are drawn from until the client has taken them
 * @param unreadTimeoutMs a client that takes nothing for so long is cut off
 */
export function createSender(client: WebSocket, share: ByteShare, unreadTimeoutMs: number): Sender {
  let waiting = 0;
  let sending = Promise.resolve();

  const sendFragment = (piece: string, isLast: boolean): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => {
        client.terminate();
      }, unreadTimeoutMs);
      client.send(piece, { binary: false, fin: isLast }, () => {
        clearTimeout(timer);
        resolve();
      });
    });

  const sendWhole = async (text: string): Promise<void> => {
    let left = text.length;
    for (const piece of piecesOf(text, FRAGMENT)) {
      if (client.readyState !== client.OPEN) return;
      left -= piece.length;
      await sendFragment(piece, left === 0);
    }
  };

  return {
    get isBusy() {
      return waiting > 0;
    },
    send: async (text) => {
      if (client.readyState !== client.OPEN) return;
      const count = Buffer.byteLength(text) + MESSAGE_BYTES;
      share.take(count);
      waiting++;
      sending = sending.then(() => sendWhole(text));
      await sending;
      waiting--;
      share.give(count);
    },
  };
}
