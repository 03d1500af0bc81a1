import {
  getOperationAST,
  getVariableValues,
  GraphQLError,
  OperationTypeNode,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql';
import {
  fieldExtensionsEstimator,
  getComplexity,
  simpleEstimator,
  type ComplexityEstimator,
} from 'graphql-query-complexity';
import type { Config } from '../config/index.js';
import { ClipgraphError } from '../errors/index.js';

/** How a field's cost follows from its arguments: for type-graphql's `complexity`. */
interface CostArguments {
  readonly args: Record<string, unknown>;
  readonly childComplexity: number;
}

/** Each element of the list arguments of these names costs as much as one answer. */
export function costPerElement(...names: string[]) {
  return ({ args, childComplexity }: CostArguments): number =>
    lengthOf(names.map((name) => args[name])) * (1 + childComplexity);
}

/** Not `Math.max(...values)`: a body may hold more values than a call can have arguments. */
function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

/** The length of the longest list; 1 where there is none. */
function lengthOf(values: readonly unknown[]): number {
  return largest(values.map((value) => (Array.isArray(value) ? value.length : 1)));
}

/** The arguments that hold contents. */
const CONTENT_ARGUMENTS = [
  'input',
  'inputs',
  'a',
  'b',
  'query',
  'candidates',
  'rows',
  'columns',
  'content',
  'labels',
  'other',
  'text',
];

/** A blend is as many contents as it has parts. */
function partsOf(content: unknown): number {
  const parts = (content as { blend?: unknown } | null | undefined)?.blend;
  return Array.isArray(parts) ? parts.length : 1;
}

/** What the contents of an operation amount to. */
interface ContentCount {
  readonly estimator: ComplexityEstimator;
  /** Of contents, or of parts of a blend. */
  longestList(): number;
}

/** Counts contents: those of a field's arguments, and those that its children read for each of its results. */
function countContents(): ContentCount {
  let longest = 0;
  const estimator: ComplexityEstimator = ({ args, childComplexity }) => {
    const given = CONTENT_ARGUMENTS.map((name) => (args as Record<string, unknown>)[name]).filter(
      (value) => value != null,
    );
    const contents = given.flat() as unknown[];
    const parts = contents.map(partsOf);
    const results = lengthOf([[], ...given]);
    longest = Math.max(longest, results, largest(parts));
    return parts.reduce((sum, count) => sum + count, Math.max(1, results) * childComplexity);
  };
  return { estimator, longestList: () => longest };
}

/** Rows times columns, as often as a matrix is asked for. */
const matrixCells: ComplexityEstimator = ({ args, childComplexity }) => {
  const { rows, columns } = args as Record<string, unknown>;
  const cells = Array.isArray(rows) && Array.isArray(columns) ? rows.length * columns.length : 0;
  return cells + childComplexity;
};

/** Nodes of a document that are looked at, fragments counted each time they are spread: those can grow exponentially. */
const MAX_NODES = 100_000;

interface Operation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: Record<string, unknown>;
}

function measure(operation: Operation, estimators: ComplexityEstimator[]): number {
  const { schema, document: query, operationName, variables } = operation;
  try {
    const named = operationName === undefined ? {} : { operationName };
    return getComplexity({ schema, query, variables, estimators, maxQueryNodes: MAX_NODES, ...named });
  } catch (error) {
    if (error instanceof GraphQLError && /nodes/i.test(error.message)) return Infinity; // The library's own refusal.
    throw error;
  }
}

/** Whether the execution will refuse the variables, and say why better than a count could. */
function hasWrongVariables({ schema, document, operationName, variables }: Operation): boolean {
  const operation = getOperationAST(document, operationName);
  if (operation == null) return true;
  const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables, {
    maxErrors: 1,
  });
  return errors !== undefined;
}

/**
 * Refuses an operation that asks for too much, before any of it is done. Aliases, lists, blends, fragments and nested
 * fields all count.
 *
 * @throws TOO_MANY_INPUTS, QUERY_TOO_COMPLEX; GraphQLError for arguments that have the wrong type
 */
export function checkCost(operation: Operation, limits: Config['limits']): void {
  if (hasWrongVariables(operation)) return;
  const isStream =
    getOperationAST(operation.document, operation.operationName)?.operation ===
    OperationTypeNode.SUBSCRIPTION;
  const key = isStream ? 'maxStreamInputs' : 'maxInputs';
  const { [key]: maxContents, maxMatrixCells, maxComplexity } = limits;
  const counter = countContents();
  const contents = measure(operation, [counter.estimator]);
  if (counter.longestList() > maxContents) {
    throw new ClipgraphError(
      'TOO_MANY_INPUTS',
      `A list holds ${counter.longestList()} contents; the limit is ${maxContents} (limits.${key}). Split it over several requests.`,
    );
  }
  const check = (count: number, limit: number, what: string, name: string): void => {
    if (count <= limit) return;
    const many = Number.isFinite(count) ? String(count) : `more than ${limit}`;
    const message = `The operation asks for ${many} ${what}, counted over aliases, lists and nested fields; the limit is ${limit} (limits.${name}).`;
    throw new ClipgraphError('QUERY_TOO_COMPLEX', message);
  };
  check(contents, maxContents, 'contents', key);
  check(measure(operation, [matrixCells]), maxMatrixCells, 'cells of matrices', 'maxMatrixCells');
  const perField = [fieldExtensionsEstimator(), simpleEstimator({ defaultComplexity: 1 })];
  check(measure(operation, perField), maxComplexity, 'fields', 'maxComplexity');
}
