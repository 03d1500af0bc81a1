import { getOperationAST, Kind, type DocumentNode, type GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import { ClipgraphError } from '../errors/index.js';
import type { Metrics } from './metrics.js';

/** An operation that was answered, as it goes to the log and to `/metrics`: what was asked for, never the contents. */
interface AnsweredOperation {
  readonly requestId: string;
  readonly transport: 'http' | 'websocket';
  /** Undefined for one that could not be parsed or validated. */
  readonly document: DocumentNode | undefined;
  readonly operationName: string | undefined;
  /** What the client calls itself. */
  readonly client: string | undefined;
  /** What the operator calls its token. */
  readonly token: string | undefined;
  /** Contents that it asks for; 0 for one that was refused before they were counted. */
  readonly contents: number;
  readonly errors: readonly GraphQLError[];
  readonly startedAt: number;
  /** Results of a subscription. */
  readonly results?: number;
}

/** The fields of Query or Subscription that an operation names; aliases aside. */
function rootFields(document: DocumentNode | undefined, name: string | undefined): string[] {
  const operation = document && getOperationAST(document, name);
  if (operation == null) return ['invalid'];
  const selections = operation.selectionSet.selections;
  return [...new Set(selections.map((node) => (node.kind === Kind.FIELD ? node.name.value : 'fragment')))];
}

/** The code that a client sees of an error. */
export function codeOf(error: GraphQLError): string {
  const { originalError, extensions } = error;
  if (originalError instanceof ClipgraphError) return originalError.code;
  return typeof extensions.code === 'string' ? extensions.code : 'INTERNAL_SERVER_ERROR';
}

/** Names that clients choose: nothing in the log may be longer. */
const LONGEST_NAME = 100;

/**
 * The name and version by which a client makes itself known, as Apollo's clients do.
 *
 * @param said headers, or the parameters of a connection
 */
export function clientName(said: { get(name: string): unknown } | undefined): string | undefined {
  const [name, version] = ['name', 'version'].map((part) => {
    const value = said?.get(`apollographql-client-${part}`);
    return typeof value === 'string' && value !== '' ? value.slice(0, LONGEST_NAME) : undefined;
  });
  return name === undefined || version === undefined ? name : `${name}@${version}`;
}

/** Writes what was answered into the log and the metrics. */
export function operationReporter(log: Logger, metrics: Metrics) {
  return ({
    requestId,
    transport,
    document,
    operationName,
    client,
    token,
    contents,
    errors,
    startedAt,
    results,
  }: AnsweredOperation) => {
    const fields = rootFields(document, operationName);
    const milliseconds = performance.now() - startedAt;
    const codes = [...new Set(errors.map(codeOf))];
    metrics.operation({ fields, code: codes.at(0) ?? 'OK', milliseconds });
    log.info(
      {
        requestId,
        transport,
        operation: operationName?.slice(0, LONGEST_NAME),
        client,
        token,
        fields,
        contents,
        milliseconds: Math.round(milliseconds),
        ...(results === undefined ? {} : { results }),
        ...(codes.length === 0 ? {} : { codes }),
      },
      'operation',
    );
  };
}

export type ReportOperation = ReturnType<typeof operationReporter>;
