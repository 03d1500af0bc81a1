import type { IncomingMessage } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import type { Config } from '../config/index.js';
import { HeaderMap, type ApolloServer, type HTTPGraphQLResponse } from '../graphql/apollo.js';
import { documentTooLong, type Context } from '../graphql/index.js';
import { ownTurn } from '../isolation/turns.js';
import type { ByteBudget } from '../media/index.js';
import { piecesOf } from './answers.js';
import { joinBlocks, readBody } from './body.js';
import { checkCharset, parseJson } from './json.js';
import { lifetimeOf, type Lifetime } from './lifetime.js';
import { readMultipart } from './multipart.js';

interface EndpointOptions {
  readonly apollo: ApolloServer<Context>;
  readonly config: Config;
  readonly budget: ByteBudget;
  /** What stands for who asks. */
  readonly clientOf: (request: IncomingMessage) => string;
  readonly createContext: (lifetime: Lifetime, request: IncomingMessage, requestId: string) => Context;
}

/** Characters of an answer that are on their way to the client at once. */
const SLICE = 64 * 1024;
/** Milliseconds for an operation to end by itself when its time is over: it says which part was late. */
const GRACE_MS = 1000;

/** The value of the body: of JSON, or of a multipart request with its files. Undefined for any other, which Apollo refuses. */
async function bodyOf(request: Request, lifetime: Lifetime, { limits }: Config): Promise<unknown> {
  const isMultipart = typeof request.is('multipart/form-data') === 'string';
  if (!isMultipart && typeof request.is('application/json') !== 'string') return undefined;
  if (!isMultipart) checkCharset(request.headers['content-type'] ?? '');
  const body = await readBody(request, lifetime, limits.maxBodyBytes);
  const readJson = (bytes: Buffer): Promise<unknown> => parseJson(bytes, limits, lifetime.place);
  if (isMultipart) return readMultipart(request, body, limits, readJson);
  return readJson(await joinBlocks(body, lifetime.place));
}

/** Refuses a long document before anything is done with it: Apollo Server's first step is to hash it. */
function checkDocumentSize(body: unknown, maxQueryBytes: number): void {
  const { query } = (body ?? {}) as { readonly query?: unknown };
  if (typeof query === 'string' && query.length > maxQueryBytes) throw documentTooLong(maxQueryBytes);
}

function headersOf(request: IncomingMessage): HeaderMap {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
}

async function inTime<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  let begin: (() => void) | undefined;
  const late = new Promise<never>((_, reject) => {
    begin = () => {
      timer = setTimeout(() => {
        reject(signal.reason as Error);
      }, GRACE_MS);
    };
    if (signal.aborted) begin();
    else signal.addEventListener('abort', begin, { once: true });
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    if (begin !== undefined) signal.removeEventListener('abort', begin);
  }
}

/** Waits until the client has taken what was written; one that takes nothing for so long is cut off. */
function taken(response: Response, event: 'drain' | 'finish', unreadTimeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      response.off(event, end).off('close', end);
      resolve();
    };
    const timer = setTimeout(() => {
      response.destroy();
      end();
    }, unreadTimeoutMs);
    response.on(event, end).on('close', end);
  });
}

/** Hands an answer over as fast as the client takes it, in UTF-8 that is made on the way. */
async function send(response: Response, text: string, unreadTimeoutMs: number): Promise<void> {
  for (const piece of piecesOf(text, SLICE)) {
    if (response.destroyed) return;
    if (!response.write(piece)) await taken(response, 'drain', unreadTimeoutMs);
  }
  response.end();
  if (!response.destroyed && !response.writableFinished) await taken(response, 'finish', unreadTimeoutMs);
}

/** GraphQL over HTTP: reads the body, has Apollo answer, sends the answer; all within the request's time and bytes. */
export function graphqlEndpoint({
  apollo,
  config,
  budget,
  clientOf,
  createContext,
}: EndpointOptions): RequestHandler {
  const { maxQueryBytes, timeoutMs, unreadTimeoutMs } = config.limits;
  const answer = async (
    request: Request,
    response: Response,
    lifetime: Lifetime,
  ): Promise<HTTPGraphQLResponse> => {
    const body = await bodyOf(request, lifetime, config);
    checkDocumentSize(body, maxQueryBytes);
    const { method, originalUrl } = request;
    return apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: method.toUpperCase(),
        headers: headersOf(request),
        search: /\?.*/s.exec(originalUrl)?.[0] ?? '',
        body,
      },
      context: () =>
        Promise.resolve(createContext(lifetime, request, String(response.getHeader('X-Request-Id')))),
    });
  };
  return async (request, response) => {
    const lifetime = lifetimeOf(response, budget, timeoutMs, clientOf(request));
    const { share, signal, place } = lifetime;
    const { headers, status = 200, body } = await inTime(answer(request, response, lifetime), signal);
    if (body.kind === 'chunked') throw new Error('No operation of this schema is answered in parts.');
    await ownTurn(place); // Whoever made a string of megabytes has used this one.
    const length = Buffer.byteLength(body.string);
    share.give(share.bytes); // Nothing refers to what was asked any more.
    share.take(length);
    for (const [name, value] of headers) response.setHeader(name, value);
    response.setHeader('Content-Length', length);
    response.statusCode = status;
    await send(response, body.string, unreadTimeoutMs);
  };
}
