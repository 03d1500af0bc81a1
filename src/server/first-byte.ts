import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Of a connection, in milliseconds of `performance.now()`. */
interface Arrival {
  /** When the first byte came of what is not yet a request. */
  at: number | undefined;
  /** What comes now belongs to a request whose head is known. */
  isInRequest: boolean;
  /** To the last request, until it is out. */
  response: ServerResponse | undefined;
  readonly note: (chunk: Buffer) => void;
}

/** Empty lines that clients may send before a request line (RFC 9112, section 2.2), which are no part of it. */
function isEmptyLines(chunk: Buffer): boolean {
  return chunk.every((byte) => byte === 0x0d || byte === 0x0a);
}

const arrivals = new WeakMap<Duplex, Arrival>();
const starts = new WeakMap<IncomingMessage, number>();

function watch(socket: Socket): void {
  const arrival: Arrival = {
    at: undefined,
    isInRequest: false,
    response: undefined,
    note: (chunk) => {
      if (arrival.isInRequest || arrival.at !== undefined || isEmptyLines(chunk)) return;
      arrival.at = performance.now();
    },
  };
  arrivals.set(socket, arrival);
  socket.prependListener('data', arrival.note);
}

function start(request: IncomingMessage, response: ServerResponse): void {
  const arrival = arrivals.get(request.socket);
  starts.set(request, arrival?.at ?? performance.now());
  if (arrival === undefined) return;
  arrival.at = undefined;
  arrival.isInRequest = true;
  arrival.response = response;
  const end = (): void => {
    arrival.isInRequest = false;
  };
  request.once('end', end).once('close', end);
  response.once('close', () => {
    if (arrival.response === response) arrival.response = undefined;
  });
}

/** Has the server note when the first byte of each request comes: Node tells of a request only when its head is whole. */
export function noteFirstBytes(server: Server): void {
  server.on('connection', watch);
  server.prependListener('request', start);
  server.prependListener('upgrade', (_request: IncomingMessage, socket: Duplex) => {
    const note = arrivals.get(socket)?.note;
    if (note !== undefined) socket.off('data', note);
  });
}

/** When a request's first byte came, in milliseconds of `performance.now()`; now where nobody noted it. */
export function firstByteOf(request: IncomingMessage): number {
  return starts.get(request) ?? performance.now();
}

/** Whether part of an answer is out on a connection, so that nothing else can be said there. */
export function isAnswering(socket: Duplex): boolean {
  return arrivals.get(socket)?.response?.headersSent === true;
}
