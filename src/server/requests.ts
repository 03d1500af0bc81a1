import { setMaxListeners } from 'node:events';
import type { ApolloServerPlugin } from '@apollo/server';
import type { ErrorRequestHandler, Request, Response } from 'express';
import type { Config } from '../config/index.js';
import { ClipgraphError, type ErrorCode } from '../errors/index.js';
import { checkCost, httpStatus, toGraphQLError, type Context } from '../graphql/index.js';

/** Aborted when the client goes away before its answer is sent, or when its time is over. */
export function requestSignal(request: Request, response: Response, timeoutMs: number): AbortSignal {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // One for each content of the request.
  const timer = setTimeout(() => {
    const message = `The answer was not ready within ${timeoutMs} ms (limits.timeoutMs). Ask for less at once.`;
    controller.abort(new ClipgraphError('TIMEOUT', message));
  }, timeoutMs);
  response.once('close', () => {
    clearTimeout(timer);
    if (!response.writableFinished) controller.abort(new ClipgraphError('TIMEOUT', 'The client has gone.'));
  });
  return controller.signal;
}

/** Refuses operations that ask for too much before they run, and gives an answer with errors its HTTP status. */
export function requestPolicy({ limits }: Config): ApolloServerPlugin<Context> {
  return {
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation: ({ schema, document, request, operationName }) => {
          try {
            const { variables = {} } = request;
            checkCost({ schema, document, operationName: operationName ?? undefined, variables }, limits);
          } catch (error) {
            throw error instanceof ClipgraphError ? toGraphQLError(error) : error;
          }
          return Promise.resolve();
        },
        willSendResponse: ({ errors = [], response }) => {
          const status = httpStatus(errors);
          if (status !== undefined) response.http.status = status;
          return Promise.resolve();
        },
      }),
  };
}

interface BodyError {
  readonly type?: string;
  readonly status?: number;
}

/** A body that can't be read is answered as GraphQL answers: JSON with a code, where Express would send a page. */
export function bodyErrors({ limits }: Config): ErrorRequestHandler {
  return (error: BodyError, _request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const answer = (status: number, code: ErrorCode, message: string): void => {
      response.status(status).json({ errors: [{ message, extensions: { code } }] });
    };
    if (error.type === 'entity.too.large') {
      const message = `The body of the request is larger than ${limits.maxBodyBytes} bytes (limits.maxBodyBytes).`;
      answer(413, 'PAYLOAD_TOO_LARGE', message);
    } else if (error.status !== undefined && error.status >= 400 && error.status < 500) {
      answer(error.status, 'BAD_USER_INPUT', 'The body of the request cannot be read: send JSON in UTF-8.');
    } else {
      next(error);
    }
  };
}
