import type { IncomingMessage } from 'node:http';
import cors from 'cors';
import type { RequestHandler } from 'express';
import type { Config } from '../config/index.js';

/** Lets pages of the configured origins ask; no others. Tokens are headers, so that no cookies need to be allowed. */
export function crossOrigin({ cors: { origins } }: Config): RequestHandler {
  return cors({
    origin: origins.includes('*') ? '*' : origins.length === 0 ? false : [...origins],
    methods: ['GET', 'POST'],
    exposedHeaders: ['Retry-After', 'X-Request-Id'],
    maxAge: 600,
  });
}

/**
 * Whether a WebSocket may be opened. CORS does not cover them: any page may try, and the browser says from which origin.
 * Programs that are no browsers send none.
 */
export function isOriginAllowed({ headers }: IncomingMessage, { cors: { origins } }: Config): boolean {
  const { origin, host } = headers;
  if (origin === undefined || origins.includes('*') || origins.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
