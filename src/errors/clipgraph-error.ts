import { ERRORS, type ErrorCode } from './codes.js';

/** Where in a request the content at fault stands. */
export interface InputLocation {
  readonly argument: string;
  readonly index: number;
}

/** Of a `ClipgraphError`. */
export interface ClipgraphErrorOptions {
  /** What made this happen; goes to the log, never to a client. */
  readonly cause?: unknown;
  readonly input?: InputLocation;
}

/**
 * An expected failure, with a code of the table. Its message may go to a client: it holds no path, no stack and none
 * of the client's bytes.
 */
export class ClipgraphError extends Error {
  readonly code: ErrorCode;
  readonly input: InputLocation | undefined;

  constructor(code: ErrorCode, message: string, { cause, input }: ClipgraphErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ClipgraphError';
    this.code = code;
    this.input = input;
  }

  /** The same failure, with the place of the content at fault. */
  at(input: InputLocation): ClipgraphError {
    return new ClipgraphError(this.code, this.message, { cause: this.cause, input });
  }
}

/** Whether a failure is one content's own, so that the others of a batch can still be answered. */
export function isContentError(error: unknown): error is ClipgraphError {
  return error instanceof ClipgraphError && ERRORS[error.code].scope === 'content';
}
