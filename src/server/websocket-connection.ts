import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ExecutionResult } from 'graphql';
import { CloseCode, type Server } from 'graphql-ws';
import type { WebSocket } from 'ws';
import type { Config } from '../config/index.js';
import { ClipgraphError } from '../errors/index.js';
import type { Place } from '../isolation/fair-queue.js';
import type { ByteBudget } from '../media/index.js';
import { stringifyInSlices } from './answers.js';
import { ConnectionOperations } from './connection-operations.js';
import { parseJson } from './json.js';
import { createSender } from './websocket-sender.js';

/** What graphql-ws's callbacks know of a connection. */
export interface Connection {
  readonly request: IncomingMessage;
  /** Ends an operation; aborted when its client completes it, or is gone. */
  controllerOf(id: string): AbortController;
  readonly isOpen: boolean;
  /** From now on its messages may be as large as bodies, and take this client's turns. */
  acknowledge(client: string): void;
  /** Resolves when the client has taken it, or is gone. It is written in slices. */
  send(message: object): Promise<void>;
  /** The reason is cut to the 123 bytes that the protocol has for it. */
  close(code: number, reason: string): void;
}

/** What graphql-ws is given for a result that has been sent already: it would write it in one go. */
export const SENT: ExecutionResult & { readonly toJSON: () => undefined } = { toJSON: () => undefined };
/** How the message ends that graphql-ws makes of it, and no other. */
const SENT_MESSAGE = '"type":"next"}';

interface ConnectionOptions {
  readonly protocol: Server<Connection>;
  readonly budget: ByteBudget;
  /** Whose it is until it is acknowledged: all that ask from there are one. */
  readonly client: string;
  readonly limits: Config['limits'];
  /** Told of what is no fault of the client. */
  readonly onUnexpected: (error: unknown) => void;
}

/** Close codes of RFC 6455 and its registry. */
const TOO_BIG = 1009;
const TRY_AGAIN_LATER = 1013;
const POLICY = 1008;
const LONGEST_REASON = 123;
/** Milliseconds between pings, and those that the answer may take. */
const KEEP_ALIVE_MS = 12_000;
/** Milliseconds in which a client that is cut off may read why. */
const LINGER_MS = 1000;
/** Pongs are not queued for a client that does not read them. */
const MOST_UNREAD = 64 * 1024;
/** A client's header of a frame that holds at most 125 bytes: its mask is 4 of them. */
const SMALL_HEADER = 6;
const CLIENT_MESSAGES: ReadonlySet<unknown> = new Set([
  'connection_init',
  'ping',
  'pong',
  'subscribe',
  'complete',
]);

function overBudget(error: unknown): string {
  const code = error instanceof ClipgraphError ? error.code : 'OVERLOADED';
  return `${code}: limits.maxBytesUnderWay is reached. Try again later.`;
}

/**
 * Speaks graphql-transport-ws over a WebSocket. What arrives is counted on the stream below it, before any frame is whole: ws
 * has one `maxPayload` for the life of a connection, and until it is acknowledged anybody may be at its other end.
 *
 * Bytes count from their arrival to the end of the operation that they ask for; answers until the client has taken them.
 */
export function openConnection(
  client: WebSocket,
  stream: Duplex,
  request: IncomingMessage,
  { protocol, budget, client: address, limits, onUnexpected }: ConnectionOptions,
): void {
  const share = budget.open({
    client: address,
    refuse: (error) => {
      cutOff(TRY_AGAIN_LATER, overBudget(error));
    },
  });
  const operations = new ConnectionOperations();
  let unacknowledged = 0;
  let isAcknowledged = false;
  let place: Place = { client: address, group: share };
  /** Of the message that is arriving. */
  let arrived = 0;
  let late: NodeJS.Timeout | undefined;
  let isEnding = false;

  const close = (code: number, reason: string): void => {
    client.close(
      code,
      Buffer.from(reason)
        .subarray(0, LONGEST_REASON)
        .toString()
        .replace(/\ufffd+$/, ''),
    );
  };
  /** Reads no more, gives the client a moment to read why, and ends. */
  const cutOff = (code: number, reason: string): void => {
    if (isEnding) return;
    isEnding = true;
    close(code, reason);
    client.pause();
    setTimeout(() => {
      client.terminate();
    }, LINGER_MS);
  };
  /** So many bytes belong to what has arrived whole; the beginning of the next message may count as them. */
  const settle = (bytes: number): void => {
    const settled = Math.min(arrived, bytes);
    arrived -= settled;
    share.give(settled);
    if (arrived === 0) clearTimeout(late);
  };

  stream.prependListener('data', (chunk: Buffer) => {
    if (isEnding) return;
    unacknowledged += isAcknowledged ? 0 : chunk.length;
    if (unacknowledged > limits.maxInitBytes) {
      cutOff(TOO_BIG, 'PAYLOAD_TOO_LARGE: more than limits.maxInitBytes before connection_ack.');
      return;
    }
    try {
      share.take(chunk.length);
    } catch (error) {
      cutOff(TRY_AGAIN_LATER, overBudget(error));
      return;
    }
    if (arrived === 0) {
      clearTimeout(late);
      late = setTimeout(() => {
        cutOff(POLICY, 'TIMEOUT: a message did not end within limits.timeoutMs.');
      }, limits.timeoutMs);
    }
    arrived += chunk.length;
  });
  for (const event of ['ping', 'pong'] as const) {
    client.on(event, (data) => {
      settle(SMALL_HEADER + data.length);
    });
  }
  client.on('ping', (data) => {
    if (client.bufferedAmount < MOST_UNREAD) client.pong(data);
  });

  let handle: (message: string) => Promise<void> = () => Promise.resolve();
  const read = async (bytes: Buffer, counted: number): Promise<void> => {
    let message: unknown;
    try {
      message = await parseJson(bytes, limits, place);
    } catch (error) {
      const { code, message: what } = error as ClipgraphError;
      close(code === 'PAYLOAD_TOO_LARGE' ? TOO_BIG : CloseCode.BadRequest, `${code}: ${what}`);
      return;
    }
    const { type, id } = (typeof message === 'object' && message !== null ? message : {}) as {
      readonly type?: unknown;
      readonly id?: unknown;
    };
    if (!CLIENT_MESSAGES.has(type)) {
      close(CloseCode.BadRequest, 'Invalid message received');
      return;
    }
    // graphql-ws takes what has been parsed already, too. It resolves when the operation has ended: nobody waits for that.
    let handled: Promise<void>;
    if (type === 'subscribe' && typeof id === 'string') {
      await operations.whenFree(id);
      handled = operations.run(id, () => handle(message as string));
    } else {
      handled = handle(message as string);
      if (type === 'complete' && typeof id === 'string') operations.leave(id);
    }
    handled
      .catch((error: unknown) => {
        onUnexpected(error);
        close(CloseCode.InternalServerError, 'Internal server error');
      })
      .finally(() => {
        share.give(counted);
      });
  };
  let reading = Promise.resolve();
  client.on('message', (data: Buffer) => {
    if (isEnding) return;
    const counted = Math.min(arrived, data.length);
    settle(arrived);
    share.take(counted); // There was room for it.
    reading = reading.then(() => (isEnding ? undefined : read(data, counted)));
  });

  const sender = createSender(client, share, limits.unreadTimeoutMs);
  const send = async (text: string): Promise<void> => {
    try {
      await sender.send(text);
    } catch (error) {
      cutOff(TRY_AGAIN_LATER, overBudget(error));
    }
  };

  const sendObject = async (message: object): Promise<void> => {
    await send(await stringifyInSlices(message));
  };

  let isAlive = true;
  // A pong would come behind the message that is arriving.
  stream.on('data', () => {
    isAlive = true;
  });
  const keepAlive = setInterval(() => {
    if (sender.isBusy) return; // Behind an answer it would be late; whether that is taken is looked at.
    if (!isAlive) client.terminate();
    else if (client.readyState === client.OPEN) {
      isAlive = false;
      client.ping();
    }
  }, KEEP_ALIVE_MS);

  const closed = protocol.opened(
    {
      protocol: client.protocol,
      send: (text) => (text.endsWith(SENT_MESSAGE) ? undefined : send(text)),
      onPing: async (payload) => {
        await sendObject(payload === undefined ? { type: 'pong' } : { type: 'pong', payload });
      },
      close: (code = CloseCode.InternalServerError, reason = '') => {
        close(code, reason);
      },
      onMessage: (callback) => {
        handle = callback;
      },
    },
    {
      request,
      controllerOf: (id) => operations.controllerOf(id),
      get isOpen() {
        return client.readyState === client.OPEN;
      },
      acknowledge: (client) => {
        place = { client, group: share };
        share.handTo(client);
        isAcknowledged = true;
        unacknowledged = 0;
      },
      send: sendObject,
      close,
    },
  );
  client.on('error', () => undefined); // Broken frames close the connection, and that is enough.
  client.once('close', (code, reason) => {
    clearInterval(keepAlive);
    clearTimeout(late);
    isEnding = true;
    share.close();
    operations.leaveAll();
    closed(code, String(reason)).catch(onUnexpected);
  });
}
