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

/** A header that no other site can send without asking first (a preflight, which CORS answers). */
const PREFLIGHT_HEADER = 'apollo-require-preflight';

function originOf(address: string | undefined): string | undefined {
  return address !== undefined && URL.canParse(address) ? new URL(address).origin : undefined;
}

/** Whether a GET comes from a page that may ask, or from no page at all. */
function isFromOwnPage(request: IncomingMessage, config: Config): boolean {
  const { headers } = request;
  const site = headers['sec-fetch-site'];
  if (site === 'same-origin' || site === 'none') return true;
  const origin = headers.origin ?? (site === undefined ? originOf(headers.referer) : undefined);
  if (origin !== undefined) return isOriginAllowed({ headers: { ...headers, origin } }, config);
  // Every browser calls itself Mozilla, and no page can change that; one that does not say where from gets no answer.
  return site === undefined && !/^mozilla\//i.test(headers['user-agent'] ?? '');
}

/**
 * Lets queries by GET through Apollo Server's prevention of cross-site requests where the browser says that they come from
 * a page that may ask: clients such as urql send short queries so, without a header of their own.
 */
export function ownQueriesByGet(config: Config): RequestHandler {
  return (request, _response, next) => {
    if (request.method === 'GET' && isFromOwnPage(request, config))
      request.headers[PREFLIGHT_HEADER] ??= 'true';
    next();
  };
}

/**
 * Whether a WebSocket may be opened. CORS does not cover them: any page may try, and the browser says from which origin.
 * Programs that are no browsers send none.
 */
export function isOriginAllowed(
  { headers }: Pick<IncomingMessage, 'headers'>,
  { cors: { origins } }: Config,
): boolean {
  const { origin, host } = headers;
  if (origin === undefined || origins.includes('*') || origins.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
