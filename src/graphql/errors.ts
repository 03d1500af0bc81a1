import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { ClipgraphError, type ErrorCode } from '../errors/index.js';
import { ApolloServerErrorCode, unwrapResolverError } from './apollo.js';

/**
 * The HTTP status of the codes that concern a whole request. The others are 200: the rest of the answer may be good,
 * and GraphQL clients read `errors` of a 200.
 */
const HTTP_STATUS: Partial<Record<ErrorCode, number>> = {
  PAYLOAD_TOO_LARGE: 413,
  TOO_MANY_INPUTS: 400,
  QUERY_TOO_COMPLEX: 400,
  MODEL_UNAVAILABLE: 503,
  RUNTIME_UNAVAILABLE: 503,
  OUT_OF_MEMORY: 503,
  STORE_UNAVAILABLE: 503,
  COLLECTION_FULL: 507,
  FORBIDDEN: 403,
  OVERLOADED: 429,
  RATE_LIMITED: 429,
  UNAUTHENTICATED: 401,
  TIMEOUT: 504,
  INTERNAL_SERVER_ERROR: 500,
};

/** The HTTP status of a failure of the whole request. */
export function statusOfCode(code: ErrorCode): number {
  return HTTP_STATUS[code] ?? 200;
}

function statusOf(error: GraphQLError): number {
  if (error.originalError === undefined) return 200;
  const { originalError: cause } = error;
  const code = cause instanceof ClipgraphError ? cause.code : 'INTERNAL_SERVER_ERROR';
  return cause instanceof GraphQLError ? 200 : statusOfCode(code);
}

/** The HTTP status of an answer with these errors: the most severe one's; undefined where none asks for one. */
export function httpStatus(errors: readonly GraphQLError[]): number | undefined {
  const status = Math.max(200, ...errors.map(statusOf));
  return status === 200 ? undefined : status;
}

/** A coded failure as GraphQL reports it. */
export function toGraphQLError(error: ClipgraphError): GraphQLError {
  return new GraphQLError(error.message, {
    originalError: error,
    extensions: {
      code: error.code,
      ...(error.input === undefined ? {} : { input: error.input }),
      http: { status: statusOfCode(error.code) },
    },
  });
}

/** GraphQL quotes a wrong value, which may be megabytes of somebody's picture. */
const LONGEST_MESSAGE = 400;
const QUOTED_VALUE = /(got invalid value )[\s\S]*?((?: at "[^"]*")?; )/;

function withoutValues(message: string): string {
  const clean = message.replace(QUOTED_VALUE, '$1…$2');
  return clean.length <= LONGEST_MESSAGE ? clean : `${clean.slice(0, LONGEST_MESSAGE)}…`;
}

const CLIENT_CODES: ReadonlySet<unknown> = new Set(
  Object.values(ApolloServerErrorCode).filter((code) => code !== ApolloServerErrorCode.INTERNAL_SERVER_ERROR),
);

/** Parsing stops at `limits.maxQueryTokens`; that the document is not whole is then no fault of its syntax. */
const TOO_MANY_TOKENS = /Document contains more (?:that|than) (\d+) tokens/;

/** Called with the id and the error behind each masked one. */
export type ReportError = (id: string, error: unknown) => void;

/**
 * What a client sees of an error. Coded ones keep their sentence; anything unexpected is masked, and the id that goes
 * to the client is in the log.
 */
export function formatError(report: ReportError) {
  return (formatted: GraphQLFormattedError, thrown: unknown): GraphQLFormattedError => {
    const original = unwrapResolverError(thrown);
    const cause = original instanceof GraphQLError ? (original.originalError ?? original) : original;
    const { path, locations } = formatted;
    const place = { ...(locations && { locations }), ...(path && { path }) };
    if (cause instanceof ClipgraphError) {
      const { code, message, input } = cause;
      return { message, ...place, extensions: { code, ...(input && { input }) } };
    }
    const tokens = TOO_MANY_TOKENS.exec(formatted.message);
    if (tokens !== null) {
      const message = `The document has more than ${tokens[1]} tokens (limits.maxQueryTokens). Put values into variables.`;
      return { message, extensions: { code: 'QUERY_TOO_COMPLEX' satisfies ErrorCode } };
    }
    const code = formatted.extensions?.code;
    if (CLIENT_CODES.has(code))
      return { message: withoutValues(formatted.message), ...place, extensions: { code } };

    const id = randomUUID();
    report(id, cause);
    const message = `Something went wrong on the server. Its log has the details under ${id}.`;
    return { message, ...place, extensions: { code: 'INTERNAL_SERVER_ERROR' satisfies ErrorCode, id } };
  };
}
