import type { RequestHandler } from 'express';
import { processRequest } from 'graphql-upload-minimal';
import type { Config } from '../config/index.js';
import { collectUploads } from '../graphql/index.js';

/** What the body parsers of Express throw; `bodyErrors` answers it. */
class BodyTooLarge extends Error {
  readonly type = 'entity.too.large';
}

class UnreadableBody extends Error {
  readonly status = 400;
}

/** Reads multipart requests: the operation into `body`, its files as they arrive. */
export function uploads({ limits: { maxBodyBytes, maxInputs } }: Config): RequestHandler {
  return (request, response, next) => {
    if (typeof request.is('multipart/form-data') !== 'string') {
      next();
      return;
    }
    if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) {
      request.resume();
      next(new BodyTooLarge());
      return;
    }
    // Without a length, what arrives is counted.
    let received = 0;
    request.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received > maxBodyBytes) request.destroy(new BodyTooLarge());
    });
    // What nobody has read when the answer is out must not hold up the connection.
    response.once('finish', () => {
      request.unpipe();
      request.resume();
    });
    processRequest(request, response, { maxFieldSize: maxBodyBytes, maxFiles: maxInputs }).then(
      (body) => {
        collectUploads(body);
        request.body = body;
        next();
      },
      (error: unknown) => {
        const isTooLarge = received > maxBodyBytes || (error as { status?: number }).status === 413;
        next(isTooLarge ? new BodyTooLarge() : new UnreadableBody('', { cause: error }));
      },
    );
  };
}
