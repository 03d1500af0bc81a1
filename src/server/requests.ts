import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { OperationTypeNode } from 'graphql';
import type { Config } from '../config/index.js';
import { ClipgraphError, type ErrorCode } from '../errors/index.js';
import type { ApolloServerPlugin } from '../graphql/apollo.js';
import { checkCost, httpStatus, statusOfCode, toGraphQLError, type Context } from '../graphql/index.js';
import { RateLimitedError, type Access } from './access.js';
import type { ReportOperation } from './operations.js';

/** Why an operation is given up when its time is over, over whichever transport it came. */
export function tooLate(timeoutMs: number): ClipgraphError {
  const message = `The answer was not ready within ${timeoutMs} ms (limits.timeoutMs). Ask for less at once.`;
  return new ClipgraphError('TIMEOUT', message);
}

/** Aborted when the client goes away before its answer is sent, or when its time is over. */
export function requestSignal(request: Request, response: Response, timeoutMs: number): AbortSignal {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // One for each content of the request.
  const timer = setTimeout(() => {
    controller.abort(tooLate(timeoutMs));
  }, timeoutMs);
  response.once('close', () => {
    clearTimeout(timer);
    if (!response.writableFinished) controller.abort(new ClipgraphError('TIMEOUT', 'The client has gone.'));
  });
  return controller.signal;
}

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

/** Asks for a token where an operation would need one, without counting as one. */
export function authentication(access: Access): RequestHandler {
  return (request, _response, next) => {
    access.authenticate(access.clientOf(request));
    next();
  };
}

/**
 * Refuses operations that ask for too much before they run, gives an answer with errors its HTTP status, and reports
 * what was answered.
 */
export function requestPolicy({ limits }: Config, report: ReportOperation): ApolloServerPlugin<Context> {
  return {
    requestDidStart: ({ contextValue }) => {
      const startedAt = performance.now();
      return Promise.resolve({
        didResolveOperation: ({ schema, document, request, operation, operationName }) => {
          try {
            if (operation?.operation === OperationTypeNode.SUBSCRIPTION) {
              const message = 'A subscription needs a WebSocket: connect to this address with graphql-ws.';
              throw new ClipgraphError('BAD_USER_INPUT', message);
            }
            const { variables = {} } = request;
            checkCost({ schema, document, operationName: operationName ?? undefined, variables }, limits);
          } catch (error) {
            throw error instanceof ClipgraphError ? toGraphQLError(error) : error;
          }
          return Promise.resolve();
        },
        willSendResponse: ({ errors = [], response, document, operation, operationName }) => {
          const status = httpStatus(errors);
          if (status !== undefined) response.http.status = status;
          if (status === 429) response.http.headers.set('retry-after', '1');
          report({
            requestId: contextValue.requestId,
            transport: 'http',
            document: operation && document,
            operationName: operationName ?? undefined,
            errors,
            startedAt,
          });
          return Promise.resolve();
        },
      });
    },
  };
}

interface BodyError {
  readonly type?: string;
  readonly status?: number;
}

/** What is refused before GraphQL sees it is answered as GraphQL answers: JSON with a code, where Express would send a page. */
export function earlyErrors({ limits }: Config): ErrorRequestHandler {
  return (error: BodyError, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const answer = (status: number, code: ErrorCode, message: string): void => {
      response.status(status).json({ errors: [{ message, extensions: { code } }] });
    };
    if (error instanceof ClipgraphError) {
      if (error instanceof RateLimitedError) response.setHeader('Retry-After', String(error.retryAfter));
      if (error.code === 'UNAUTHENTICATED') response.setHeader('WWW-Authenticate', 'Bearer');
      // Nothing was asked yet: what is 200 among other answers is the whole request's failure here.
      answer(Math.max(400, statusOfCode(error.code)), error.code, error.message);
    } else if (error.type === 'entity.too.large' || error.status === 413) {
      const message = `The body of the request is larger than ${limits.maxBodyBytes} bytes (limits.maxBodyBytes).`;
      answer(413, 'PAYLOAD_TOO_LARGE', message);
    } else if (error.status !== undefined && error.status >= 400 && error.status < 500) {
      const isMultipart = typeof request.is('multipart/form-data') === 'string';
      const message = isMultipart
        ? 'The multipart request cannot be read: send operations, then map, then the files, as the GraphQL multipart request specification says.'
        : 'The body of the request cannot be read: send JSON in UTF-8.';
      answer(error.status, 'BAD_USER_INPUT', message);
    } else {
      next(error);
    }
  };
}
