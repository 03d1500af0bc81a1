import { GraphQLError, type DocumentNode, type GraphQLSchema } from 'graphql';
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

/** Each element of the list argument `name` costs as much as one answer. */
export function costPerElement(name: string) {
  return ({ args, childComplexity }: CostArguments): number => {
    const list = args[name];
    return (Array.isArray(list) ? list.length : 1) * (1 + childComplexity);
  };
}

/** Contents that a field of Query reads, by the arguments that hold them. */
const CONTENT_ARGUMENTS = ['input', 'inputs', 'a', 'b', 'query', 'candidates'];

/** Counts contents, and remembers the longest list of them. */
function contentCounter() {
  let longestList = 0;
  const estimator: ComplexityEstimator = ({ args, childComplexity }) => {
    const given = CONTENT_ARGUMENTS.map((name) => (args as Record<string, unknown>)[name]);
    const counts = given
      .filter((value) => value !== undefined)
      .map((value) => (Array.isArray(value) ? value.length : 1));
    longestList = Math.max(longestList, ...counts);
    return counts.reduce((sum, count) => sum + count, childComplexity);
  };
  return { estimator, longestList: () => longestList };
}

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
    // The library's own refusal; a wrong variable is reported better by the execution.
    if (error instanceof GraphQLError && /nodes/i.test(error.message)) return Infinity;
    return 0;
  }
}

/**
 * Refuses an operation that asks for too much, before any of it is done. Aliases, lists, fragments and nested fields
 * all count.
 *
 * @throws TOO_MANY_INPUTS, QUERY_TOO_COMPLEX
 */
export function checkCost(operation: Operation, { maxInputs, maxComplexity }: Config['limits']): void {
  const counter = contentCounter();
  const contents = measure(operation, [counter.estimator]);
  if (counter.longestList() > maxInputs) {
    throw new ClipgraphError(
      'TOO_MANY_INPUTS',
      `A list holds ${counter.longestList()} contents; the limit is ${maxInputs} (limits.maxInputs). Split it over several requests.`,
    );
  }
  if (contents > maxInputs) {
    throw new ClipgraphError(
      'QUERY_TOO_COMPLEX',
      `The operation reads ${contents} contents, counted over aliases and lists; the limit is ${maxInputs} (limits.maxInputs).`,
    );
  }
  const fields = measure(operation, [fieldExtensionsEstimator(), simpleEstimator({ defaultComplexity: 1 })]);
  if (fields > maxComplexity) {
    throw new ClipgraphError(
      'QUERY_TOO_COMPLEX',
      `The operation asks for ${fields} fields, counted over aliases and lists; the limit is ${maxComplexity} (limits.maxComplexity).`,
    );
  }
}
