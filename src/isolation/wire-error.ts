import { ClipgraphError, ERRORS, type ErrorCode } from '../errors/index.js';

/** An error on its way between two programs: with its stack and its causes, for the log. */
export interface WireError {
  readonly code: ErrorCode | undefined;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause: WireError | undefined;
}

/** Causes of causes that are kept. */
const DEEPEST_CAUSE = 5;
/** Characters of a message or a stack: what foreign code throws may be of any size. */
const LONGEST_TEXT = 8000;

/** @param error whatever was thrown */
export function toWireError(error: unknown, depth = 0): WireError {
  if (!(error instanceof Error)) {
    const message = String(error).slice(0, LONGEST_TEXT);
    return { code: undefined, name: 'Error', message, stack: undefined, cause: undefined };
  }
  const hasCause = error.cause !== undefined && depth < DEEPEST_CAUSE;
  return {
    code: error instanceof ClipgraphError ? error.code : undefined,
    name: error.name,
    message: error.message.slice(0, LONGEST_TEXT),
    stack: error.stack?.slice(0, LONGEST_TEXT),
    cause: hasCause ? toWireError(error.cause, depth + 1) : undefined,
  };
}

/** The error as it was thrown on the other side: a ClipgraphError if it was one there, with a code that the table knows. */
export function fromWireError({ code, name, message, stack, cause }: WireError): Error {
  const options = cause === undefined ? {} : { cause: fromWireError(cause) };
  const isCoded = code !== undefined && Object.hasOwn(ERRORS, code);
  const error = isCoded ? new ClipgraphError(code, message, options) : new Error(message, options);
  if (!isCoded) error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}
