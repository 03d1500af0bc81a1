import type { IncomingMessage } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { ClipgraphError } from '../errors/index.js';
import type { Place } from '../isolation/fair-queue.js';
import { slices } from '../isolation/turns.js';
import { ByteCollector } from '../media/index.js';
import type { Lifetime } from './lifetime.js';

/** What each coding is undone with, and the bytes that takes at most beside what comes out. */
const DECODERS: Readonly<Record<string, { create: () => Duplex; bytes: number }>> = {
  gzip: { create: createGunzip, bytes: 64 * 1024 },
  'x-gzip': { create: createGunzip, bytes: 64 * 1024 },
  deflate: { create: createInflate, bytes: 64 * 1024 },
  br: { create: createBrotliDecompress, bytes: 16 * 2 ** 20 }, // The largest window of RFC 7932.
};

function tooLarge(maxBytes: number): ClipgraphError {
  const message = `The body of the request is larger than ${maxBytes} bytes (limits.maxBodyBytes).`;
  return new ClipgraphError('PAYLOAD_TOO_LARGE', message);
}

/** Nobody reads it: there is no client any more. */
function gone(cause?: unknown): ClipgraphError {
  return new ClipgraphError('TIMEOUT', 'The client has gone.', { cause });
}

/** A body that is none: what is wrong with it, and what to send. */
export function unreadable(message: string, cause?: unknown): ClipgraphError {
  return new ClipgraphError('BAD_USER_INPUT', message, { cause });
}

/**
 * Reads a stream to its end.
 *
 * @param broken what it means that the stream fails
 * @throws what `take` throws; the signal's reason; TIMEOUT when the stream breaks off, which nobody reads
 */
function drain(
  stream: Readable,
  signal: AbortSignal,
  take: (chunk: Buffer) => void,
  broken: (cause: unknown) => ClipgraphError,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      stream.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose);
      stream.on('error', () => undefined).pause();
      signal.removeEventListener('abort', onAbort);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onData = (chunk: Buffer): void => {
      try {
        take(chunk);
      } catch (error) {
        settle(error as Error);
      }
    };
    const onEnd = (): void => {
      settle();
    };
    const onError = (cause: unknown): void => {
      settle(broken(cause));
    };
    const onClose = (): void => {
      settle(gone());
    };
    const onAbort = (): void => {
      settle(signal.reason as Error);
    };
    stream.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

/** Reads what a request sends, undone from its coding: both sides are counted, the longer one is held to the limit. */
async function inflate(
  request: IncomingMessage,
  coding: string,
  { signal, share }: Lifetime,
  take: (chunk: Buffer) => void,
): Promise<void> {
  if (!Object.hasOwn(DECODERS, coding)) {
    throw unreadable(
      'The body has a content coding that is not known: send it in gzip, deflate, br or none.',
    );
  }
  const { create, bytes } = DECODERS[coding];
  share.take(bytes);
  const decoder = create();
  const end = (): void => {
    if (!request.complete) decoder.destroy();
  };
  request.once('close', end).pipe(decoder);
  try {
    await drain(decoder, signal, take, (cause) =>
      unreadable('The body of the request is not what its Content-Encoding says.', cause),
    );
  } finally {
    request.off('close', end).unpipe(decoder);
    decoder.destroy();
    share.give(bytes);
  }
}

/**
 * The body of a request, in blocks. Each byte is drawn from the share as it arrives.
 *
 * @param maxBytes of the body, before and after its coding is undone
 * @throws PAYLOAD_TOO_LARGE, OVERLOADED, TIMEOUT; BAD_USER_INPUT for a coding that is wrong
 */
export async function readBody(
  request: IncomingMessage,
  lifetime: Lifetime,
  maxBytes: number,
): Promise<Buffer[]> {
  const { 'content-length': length = '0', 'content-encoding': encoding = 'identity' } = request.headers;
  if (Number(length) > maxBytes) throw tooLarge(maxBytes);
  const body = new ByteCollector();
  const take = (chunk: Buffer): void => {
    if (body.size + chunk.length > maxBytes) throw tooLarge(maxBytes);
    lifetime.share.take(chunk.length);
    body.push(chunk);
  };
  const coding = encoding.toLowerCase();
  await (coding === 'identity'
    ? drain(request, lifetime.signal, take, gone)
    : inflate(request, coding, lifetime, take));
  return body.take();
}

/**
 * The blocks in one piece, without holding up the event loop.
 *
 * @param blocks emptied as they are copied
 * @param place whose turns it takes
 */
export async function joinBlocks(blocks: Buffer[], place: Place): Promise<Buffer> {
  if (blocks.length === 1) return blocks[0];
  const joined = Buffer.allocUnsafeSlow(blocks.reduce((sum, { length }) => sum + length, 0));
  const work = slices({ place });
  let at = 0;
  for (let block = blocks.shift(); block !== undefined; block = blocks.shift()) {
    at += block.copy(joined, at);
    if (work.isOver) await work.next();
  }
  return joined;
}
