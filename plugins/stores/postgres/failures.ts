import { ClipgraphError } from 'clipgraph/store';

/** Classes and codes of SQLSTATE. Source: PostgreSQL, appendix "Error Codes". */
const SENTENCES: readonly (readonly [RegExp, string])[] = [
  [/^(28P01|28000)$/, 'PostgreSQL refused the user or the password of stores.postgres.url.'],
  [/^3D000$/, 'There is no such database: create it, or correct stores.postgres.url.'],
  [
    /^42501$/,
    'The user of stores.postgres.url lacks a right: it must own the schema that it writes to, or be allowed to create it.',
  ],
  [
    /^53300$/,
    'PostgreSQL has no connection left: raise its max_connections, or lower stores.postgres.poolSize.',
  ],
  [/^(53100|58030)$/, 'The disk of PostgreSQL is full or fails: its log says which.'],
  [/^53/, 'PostgreSQL lacks memory or another resource: its log says which.'],
  [/^(XX001|XX002)$/, 'PostgreSQL found a damaged table or index: restore it from a backup.'],
  [/^55P03$/, 'Somebody reads all of the collection: try again when that has ended.'],
  [/^25006$/, 'PostgreSQL takes no changes here: stores.postgres.url leads to a standby.'],
  [/^57P03$/, 'PostgreSQL is starting or shutting down: try again.'],
];
/** That a connection is gone or cannot be made: of Node, of PostgreSQL (08… but for 08P01, 57P01, 57P02, 57P03, 57P05), of the driver in words. */
const LOST_CODE = /^(08(?!P01)...|57P0[1235]|E(CONN|PIPE|HOST|NET|TIMEDOUT|AI_)\w*|ENOTFOUND)$/;
const LOST_WORDS = /connection (terminated|error|ended)|not queryable|closed the connection|socket hang up/i;
const NO_FREE_CONNECTION = 'timeout exceeded when trying to connect';
const NOT_FREED =
  'No connection to PostgreSQL became free in time: try again, or raise stores.postgres.poolSize.';
const TOO_LONG = 'PostgreSQL took longer than stores.postgres.statementTimeoutMs for one statement.';
const NO_TRUST =
  'PostgreSQL and this server do not agree on TLS or on the password: see sslmode and the password in stores.postgres.url.';
const SQLSTATE = /^[0-9A-Z]{5}$/;
const UNREACHABLE =
  'PostgreSQL cannot be reached at stores.postgres.url, or ended the connection: try again when it is up.';

/** Of whatever realm the error is: Node's own are of another one where code runs in a context of its own. */
function read(error: unknown): { readonly code: string; readonly message: string } {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return {
    code: typeof code === 'string' ? code : '',
    message: typeof message === 'string' ? message : '',
  };
}

/** Whether a connection broke, or none was made. */
export function isLost(error: unknown): boolean {
  if (error instanceof ClipgraphError) return false;
  const { code, message } = read(error);
  return LOST_CODE.test(code) || LOST_WORDS.test(message);
}

/** Whether the same may succeed a moment later: two transactions were in each other's way. */
export function isConflict(error: unknown): boolean {
  return ['40001', '40P01'].includes(read(error).code);
}

/** Whether there is something of this name already, made by another server a moment ago. */
export function isDuplicate(error: unknown): boolean {
  return ['23505', '42710', '42P06', '42P07'].includes(read(error).code);
}

/** Whether a table was not free in the time that was given. */
export function isLocked(error: unknown): boolean {
  return read(error).code === '55P03';
}

/** Whether a table is not there. */
export function isMissingTable(error: unknown): boolean {
  const { code, message } = read(error);
  return code === '42P01' || message.startsWith('could not open relation');
}

/** What PostgreSQL or its driver threw, as a failure with a code; what it said is the cause, which no client sees. */
export function failureOf(cause: unknown): unknown {
  if (cause instanceof ClipgraphError) return cause;
  const { code, message } = read(cause);
  const unavailable = (sentence: string): ClipgraphError =>
    new ClipgraphError('STORE_UNAVAILABLE', sentence, { cause });
  if (message === NO_FREE_CONNECTION) {
    return new ClipgraphError('OVERLOADED', NOT_FREED, { cause });
  }
  if (code === '57014' || message === 'Query read timeout') {
    return new ClipgraphError('TIMEOUT', TOO_LONG, { cause });
  }
  const sentence = SENTENCES.find(([pattern]) => pattern.test(code))?.[1];
  if (sentence !== undefined) return unavailable(sentence);
  if (isLost(cause)) return unavailable(UNREACHABLE);
  if (/^(SASL|The server does not support SSL)|certificate/i.test(message)) return unavailable(NO_TRUST);
  if (SQLSTATE.test(code)) return unavailable(`PostgreSQL refused a statement (${code}): its log says why.`);
  return cause;
}
