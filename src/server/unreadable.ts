import { STATUS_CODES, type Server } from 'node:http';
import type { ErrorCode } from '../errors/index.js';
import { isAnswering } from './first-byte.js';

interface Refusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
}

const REFUSALS: Readonly<Record<string, Refusal>> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: 'TIMEOUT',
    message: 'The request did not come in time (limits.timeoutMs; its head within 15 s).',
  },
  HPE_HEADER_OVERFLOW: {
    status: 431,
    code: 'PAYLOAD_TOO_LARGE',
    message: 'The head of the request is too large. Send long queries by POST.',
  },
};
const UNREADABLE: Refusal = {
  status: 400,
  code: 'BAD_USER_INPUT',
  message: 'The request is not HTTP as this server reads it.',
};

/** What Node refuses before it is a request is answered as the rest of the API answers: JSON with a code. */
export function answerUnreadable(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const { code = '' } = error;
    if (code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) {
      socket.destroy(error);
      return;
    }
    const { status, code: name, message } = REFUSALS[code] ?? UNREADABLE;
    const body = JSON.stringify({ errors: [{ message, extensions: { code: name } }] });
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Connection: close',
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  });
}
