import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { OperationTypeNode, parse } from 'graphql';
import type { Config } from '../config/index.js';
import { ClipgraphError, type ErrorCode } from '../errors/index.js';
import type { ApolloServerPlugin } from '../graphql/apollo.js';
import {
  answerFacts,
  checkCost,
  httpStatus,
  statusOfCode,
  toGraphQLError,
  type Context,
  type DocumentReader,
  type formatError,
  type ReadDocument,
} from '../graphql/index.js';
import { RateLimitedError, type Access } from './access.js';
import { clientName, type ReportOperation } from './operations.js';

const REQUEST_ID = /^[\w.:-]{1,100}$/;

/** Gives each request an id, its client's or proxy's own if that is one; the log and the answer carry it. */
export const requestIds: RequestHandler = (request, response, next) => {
  const given = request.headers['x-request-id'];
  response.setHeader(
    'X-Request-Id',
    typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID(),
  );
  next();
};

/** Milliseconds in which a client that is still sending may read why it was refused. */
const LINGER_MS = 5000;

/** Resolves when a request has been read whole, with what is read thrown away, or when its client sends no more of it for a while. */
function readRest(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(end, LINGER_MS);
    request.once('end', end).once('close', end);
    request.on('error', () => undefined).resume();
  });
}

/**
 * An answer may be out before the request was read whole. Closing the connection then would reset it, and the client would
 * never read the answer: the rest is thrown away for a while first.
 */
export const lingering: RequestHandler = (request, response, next) => {
  response.once('finish', () => {
    if (request.complete) return;
    const timer = setTimeout(() => request.destroy(), LINGER_MS);
    request.once('close', () => {
      clearTimeout(timer);
    });
    request.on('error', () => undefined).resume();
  });
  next();
};

/** Lets through who may ask, before the body is read. The explorer's page is for everybody: it holds nothing. */
export function admission(access: Access): RequestHandler {
  return (request, _response, next) => {
    const isPage =
      request.method === 'GET' && !('query' in request.query) && !('extensions' in request.query);
    if (isPage) {
      next();
      return;
    }
    access.admit(access.clientOf(request)).then(() => {
      next();
    }, next);
  };
}

/** Asks for a token where an operation would need one, without counting as one where it is right. */
export function authentication(access: Access): RequestHandler {
  return (request, _response, next) => {
    access.authenticate(access.clientOf(request)).then(() => {
      next();
    }, next);
  };
}

/** Stands where a document that was refused would: nothing of it runs. */
const NO_DOCUMENT = parse('{ __typename }');

/**
 * Refuses documents and operations that ask for too much before they cost anything, gives an answer with errors its HTTP
 * status, and reports what was answered.
 */
export function requestPolicy(
  { limits }: Config,
  documents: DocumentReader,
  format: ReturnType<typeof formatError>,
  report: ReportOperation,
): ApolloServerPlugin<Context> {
  return {
    requestDidStart: ({ contextValue }) => {
      const startedAt = performance.now();
      let contents = 0;
      let read: ReadDocument | undefined;
      return Promise.resolve({
        didResolveSource: async (context) => {
          read = await documents.read(context.source);
          // Apollo Server parses and validates only what is not there yet.
          Object.assign(context, { document: 'document' in read ? read.document : NO_DOCUMENT });
        },
        didResolveOperation: async ({ schema, document, request, operation, operationName }) => {
          try {
            if (read === undefined || 'wrong' in read) return;
            if ('refused' in read) throw read.refused;
            if (operation?.operation === OperationTypeNode.SUBSCRIPTION) {
              const message = 'A subscription needs a WebSocket: connect to this address with graphql-ws.';
              throw new ClipgraphError('BAD_USER_INPUT', message);
            }
            const { variables = {} } = request;
            const asked = { schema, document, operationName: operationName ?? undefined, variables };
            const { client, signal, embedder } = contextValue;
            const place = { client, group: signal };
            contents = await checkCost(asked, limits, answerFacts(embedder), place);
            await embedder.operationRoom.enter(contents, contextValue);
          } catch (error) {
            throw error instanceof ClipgraphError ? toGraphQLError(error) : error;
          }
        },
        responseForOperation: ({ response: { http } }) => {
          if (read === undefined || !('wrong' in read)) return Promise.resolve(null);
          const errors = read.wrong.map((error) => format(error.toJSON(), error));
          http.status = 400;
          return Promise.resolve({ http, body: { kind: 'single', singleResult: { errors } } });
        },
        willSendResponse: ({ errors: given = [], request, response, document, operation, operationName }) => {
          const errors = read !== undefined && 'wrong' in read ? read.wrong : given;
          const status = httpStatus(errors);
          if (status !== undefined) response.http.status = status;
          if (status === 429) response.http.headers.set('retry-after', RETRY_AFTER);
          report({
            requestId: contextValue.requestId,
            transport: 'http',
            document: read !== undefined && 'document' in read ? operation && document : undefined,
            operationName: operationName ?? undefined,
            client: clientName(request.http?.headers),
            token: contextValue.tokenName,
            contents,
            errors,
            startedAt,
          });
          return Promise.resolve();
        },
      });
    },
  };
}

/** Seconds after which a client may try again that came while too much was under way. */
const RETRY_AFTER = '1';

/** Answers what is asked of no path that there is, in JSON: the rest of the API answers so. */
export const nothingHere: RequestHandler = (_request, response) => {
  const message = 'There is nothing at this path: GraphQL is at /graphql.';
  response
    .status(404)
    .json({ errors: [{ message, extensions: { code: 'BAD_USER_INPUT' satisfies ErrorCode } }] });
};

/** What Express itself refuses, such as an address that cannot be decoded. */
function asClientError(error: unknown): unknown {
  const { status = 500 } = error as { readonly status?: number };
  if (error instanceof ClipgraphError || status < 400 || status >= 500) return error;
  return new ClipgraphError('BAD_USER_INPUT', 'The request cannot be read.', { cause: error });
}

/** What is refused before GraphQL sees it is answered as GraphQL answers: JSON with a code, where Express would send a page. */
export function earlyErrors(): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    const error = asClientError(thrown);
    if (response.headersSent || !(error instanceof ClipgraphError)) {
      next(thrown);
      return;
    }
    const { code, message } = error;
    if (error instanceof RateLimitedError) response.setHeader('Retry-After', String(error.retryAfter));
    if (code === 'OVERLOADED') response.setHeader('Retry-After', RETRY_AFTER);
    if (code === 'UNAUTHENTICATED') response.setHeader('WWW-Authenticate', 'Bearer');
    const answer = (): void => {
      // Nothing was asked yet: what is 200 among other answers is the whole request's failure here.
      response
        .status(Math.max(400, statusOfCode(code)))
        .json({ errors: [{ message, extensions: { code } }] });
    };
    // Node closes such a connection with the answer, and what comes after that would reset it.
    if (response.getHeader('Connection') === 'close' && !request.complete)
      void readRest(request).then(answer);
    else answer();
  };
}
