import type { WebSocket } from 'ws';
import type { ByteShare } from '../media/index.js';

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

/** Bytes of a message that are on their way at once: each must be taken in time, however long the message is. */
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

  const sendFragment = (bytes: Buffer, isLast: boolean): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => {
        client.terminate();
      }, unreadTimeoutMs);
      client.send(bytes, { binary: false, fin: isLast }, () => {
        clearTimeout(timer);
        resolve();
      });
    });

  const sendWhole = async (bytes: Buffer): Promise<void> => {
    for (let at = 0; at < bytes.length && client.readyState === client.OPEN; at += FRAGMENT) {
      await sendFragment(bytes.subarray(at, at + FRAGMENT), at + FRAGMENT >= bytes.length);
    }
  };

  return {
    get isBusy() {
      return waiting > 0;
    },
    send: async (text) => {
      if (client.readyState !== client.OPEN) return;
      const bytes = Buffer.from(text);
      const count = bytes.length + MESSAGE_BYTES;
      share.take(count);
      waiting++;
      sending = sending.then(() => sendWhole(bytes));
      await sending;
      waiting--;
      share.give(count);
    },
  };
}
