import {
  getDirectiveValues,
  getNamedType,
  getNullableType,
  getOperationAST,
  GraphQLError,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  isCompositeType,
  isInputType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  OperationTypeNode,
  SchemaMetaFieldDef,
  typeFromAST,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  valueFromASTUntyped,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type NamedTypeNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import type { Config } from '../../config/index.js';
import { ClipgraphError } from '../../errors/index.js';
import type { Place } from '../../isolation/fair-queue.js';
import { ownTurn, SharedTurns } from '../../isolation/turns.js';
import { coerceInSlices } from '../coerce.js';
import { bytesOfLeaf, introspectionLengths, type AnswerFacts, type Scope } from './answer-size.js';
import type { Amount, FieldExtensions } from './field-extensions.js';
import { textSizes, type TextSizes } from './text-sizes.js';
import { contentCounter, LONGER, NOTHING, WRONG_INPUT, type Given } from './given-contents.js';

export interface Operation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** What an operation amounts to. */
export interface Cost {
  readonly contents: number;
  /** Of matrices. */
  readonly cells: number;
  readonly fields: number;
  /** The most that the answer has, as JSON. */
  readonly bytes: number;
}

const FREE: Cost = { contents: 0, cells: 0, fields: 0, bytes: 0 };
const META_FIELDS = new Map(
  [SchemaMetaFieldDef, TypeMetaFieldDef, TypeNameMetaFieldDef].map((field) => [field.name, field]),
);
/** `"":,` around the name of a field; brackets and comma around an object. */
const BYTES_AROUND = 4;
const LISTS_OF_A_TYPE: ReadonlySet<string> = new Set(['fields', 'inputFields', 'enumValues', 'args']);
/** Operations that begin in one turn of the event loop: ten small ones, or one whose lists are long. */
const begun = new SharedTurns(1000);
const EACH = 100;
/** More contents than this are looked at in a turn of their own. */
const MANY_CONTENTS = 1000;

function tooComplex(amount: string, what: string, key: string, limit: number): ClipgraphError {
  const message = `The operation asks for ${amount} ${what}, counted over aliases, lists and nested fields; the limit is ${limit} (limits.${key}).`;
  return new ClipgraphError('QUERY_TOO_COMPLEX', message);
}

function add(a: Cost, b: Cost): Cost {
  return {
    contents: a.contents + b.contents,
    cells: a.cells + b.cells,
    fields: a.fields + b.fields,
    bytes: a.bytes + b.bytes,
  };
}

function times(count: number, { contents, cells, fields, bytes }: Cost): Cost {
  return { contents: count * contents, cells: count * cells, fields: count * fields, bytes: count * bytes };
}

/** The variables as they were sent, with the defaults that the document gives. */
function sentVariables(
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Operation['variables'],
): Record<string, unknown> {
  return Object.fromEntries(
    variableDefinitions.map(({ variable: { name }, defaultValue }) => {
      const isGiven = Object.hasOwn(variables, name.value) && variables[name.value] !== undefined;
      if (isGiven || defaultValue === undefined) return [name.value, variables[name.value]];
      return [name.value, valueFromASTUntyped(defaultValue)];
    }),
  );
}

/**
 * Refuses variables of the wrong type, as the execution would, without the value: GraphQL quotes it, and it may be
 * megabytes.
 */
async function checkTypes(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  values: Operation['variables'],
): Promise<void> {
  for (const { variable, type: node } of variableDefinitions) {
    const name = variable.name.value;
    const type = typeFromAST(schema, node as NamedTypeNode);
    if (type === undefined || !isInputType(type) || !Object.hasOwn(values, name)) continue;
    if (values[name] == null) continue; // The execution says which of them must be given.
    await coerceInSlices(values[name], type, (path, _value, error) => {
      const place = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
      const at = place === '' ? '' : ` at "${name}${place}"`;
      const message = `Variable "$${name}" got invalid value …${at}; ${error.message}`;
      throw new GraphQLError(message, { nodes: variable, extensions: WRONG_INPUT });
    });
  }
}

/** What the fields below a field inherit from its arguments. */
function scopeOf(given: readonly Given[], outer: Scope, { perResult }: TextSizes, combined: number): Scope {
  if (given.every(({ contents, length }) => contents === 0 && length === undefined)) return outer;
  const lengths = given.flatMap(({ length }) => length ?? []);
  return {
    results: lengths.length === 0 ? outer.results : Math.max(...lengths),
    cells: lengths.length > 1 ? lengths.reduce((product, length) => product * length, 1) : 0,
    textBytes: Math.max(outer.textBytes, combined, ...given.map(perResult)),
  };
}

/** Of the introspection's lists the mean length is right where all types are gone through, not where one is chosen. */
function isMeanBelow(field: string, isMean: boolean): boolean {
  return field === 'types' || (isMean && LISTS_OF_A_TYPE.has(field));
}

function fieldOf(parent: GraphQLNamedType, name: string): GraphQLField<unknown, unknown> | undefined {
  const own = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
  return own ?? META_FIELDS.get(name);
}

/**
 * Counts, in one walk over a validated document, what an operation asks for: over aliases, lists, blends, fragments and
 * nested fields, by the types of arguments and fields.
 *
 * @throws TOO_MANY_INPUTS for a list that is too long, before its items are looked at
 */
export function costOf(
  { schema, document }: Operation,
  operation: OperationDefinitionNode,
  values: Readonly<Record<string, unknown>>,
  limits: Config['limits'],
  facts: AnswerFacts,
): Cost {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  }
  const isStream = operation.operation === OperationTypeNode.SUBSCRIPTION;
  const limit = isStream ? 'maxStreamInputs' : 'maxInputs';
  const maxContents = limits[limit];
  const count = contentCounter(values, { maxContents, limit, maxVector: LONGER * facts.dimensions });
  const textBytes = textSizes(limits.maxTextBytes, isStream);
  const lengthOf = introspectionLengths(schema);

  let seen = 0;
  /** As they were sent, of whatever type, with their defaults. */
  const argumentsOf = (
    field: GraphQLField<unknown, unknown>,
    nodes: ReadonlyMap<string, ValueNode>,
  ): Record<string, unknown> => {
    const args = field.args.map(({ name, defaultValue }) => {
      const value = nodes.get(name);
      return [name, value === undefined ? defaultValue : valueFromASTUntyped(value, values)];
    });
    return Object.fromEntries(args) as Record<string, unknown>;
  };
  const combinedBytes = (
    field: GraphQLField<unknown, unknown>,
    nodes: ReadonlyMap<string, ValueNode>,
  ): number => {
    const { combinedText: combine } = field.extensions as FieldExtensions;
    return combine === undefined ? 0 : combine(argumentsOf(field, nodes), textBytes.ofText);
  };

  const amountOf = (field: GraphQLField<unknown, unknown>, nodes: ReadonlyMap<string, ValueNode>): Amount => {
    const { amount } = field.extensions as FieldExtensions;
    return amount === undefined ? {} : amount(argumentsOf(field, nodes), limits);
  };

  const isLeftOut = (node: FieldNode | SelectionSetNode['selections'][number]): boolean => {
    if (node.directives === undefined || node.directives.length === 0) return false;
    return (
      getDirectiveValues(GraphQLSkipDirective, node, values)?.if === true ||
      getDirectiveValues(GraphQLIncludeDirective, node, values)?.if === false
    );
  };

  const ofField = (node: FieldNode, parent: GraphQLNamedType, outer: Scope, isMean: boolean): Cost => {
    const field = fieldOf(parent, node.name.value);
    if (field === undefined) return FREE;
    const nodes = new Map(node.arguments?.map(({ name, value }) => [name.value, value]));
    const given = field.args.map((argument) => {
      const value = nodes.get(argument.name);
      return value === undefined ? NOTHING : count(argument, value);
    });
    const amount = amountOf(field, nodes);
    const contents = given.reduce((sum, { contents: own }) => sum + own, amount.contents ?? 0);
    seen += contents;
    if (seen > maxContents) throw tooComplex(`more than ${maxContents}`, 'contents', limit, maxContents);
    const asked = scopeOf(given, outer, textBytes, combinedBytes(field, nodes));
    const own = { contents, cells: asked === outer ? 0 : asked.cells, fields: 1, bytes: 0 };
    const scope =
      amount.results === undefined ? asked : { ...asked, results: amount.results, inner: amount.inner };
    const name = (node.alias ?? node.name).value.length + BYTES_AROUND;
    const type = getNamedType(field.type);
    if (!isCompositeType(type) || node.selectionSet === undefined) {
      return { ...own, bytes: name + bytesOfLeaf(parent.name, field, scope, facts) };
    }
    const isList = isListType(getNullableType(field.type));
    const below =
      isList && scope.inner !== undefined ? { ...scope, results: scope.inner, inner: undefined } : scope;
    const inside = ofSet(node.selectionSet, type, below, isMeanBelow(field.name, isMean));
    const results = lengthOf(parent.name, field.name, isMean) ?? scope.results;
    const each = { ...inside, bytes: inside.bytes + BYTES_AROUND };
    return add({ ...own, bytes: name }, isList ? times(results, each) : each);
  };

  const ofSet = (set: SelectionSetNode, parent: GraphQLNamedType, scope: Scope, isMean: boolean): Cost =>
    set.selections.reduce((sum, node) => {
      if (isLeftOut(node)) return sum;
      if (node.kind === Kind.FIELD) return add(sum, ofField(node, parent, scope, isMean));
      const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : fragments.get(node.name.value);
      if (fragment === undefined) return sum;
      const condition = fragment.typeCondition?.name.value;
      const type = condition === undefined ? parent : (schema.getType(condition) ?? parent);
      return add(sum, ofSet(fragment.selectionSet, type, scope, isMean));
    }, FREE);

  const root = schema.getRootType(operation.operation);
  const scope = { results: facts.entries, cells: 0, textBytes: 0 };
  return root == null ? FREE : ofSet(operation.selectionSet, root, scope, false);
}

/**
 * Refuses an operation that asks for too much, before any of it is done.
 *
 * @param facts what the models can answer
 * @param place whose turns it takes
 * @returns the contents that it asks for, for the log
 * @throws TOO_MANY_INPUTS, QUERY_TOO_COMPLEX; GraphQLError for variables that have the wrong type
 */
export async function checkCost(
  asked: Operation,
  limits: Config['limits'],
  facts: AnswerFacts,
  place: Place,
): Promise<number> {
  const operation = getOperationAST(asked.document, asked.operationName);
  if (operation == null) return 0; // The execution says why.
  const values = sentVariables(operation, asked.variables);
  const lengths = Object.values(values).map((value) => (Array.isArray(value) ? value.length : 0));
  await begun.share(
    lengths.reduce((sum, length) => sum + length, EACH),
    place,
  );
  const { contents, cells, fields, bytes } = costOf(asked, operation, values, limits, facts);
  const isStream = operation.operation === OperationTypeNode.SUBSCRIPTION;
  const check = (amount: number, key: keyof Config['limits'], what: string): void => {
    const limit = limits[key];
    if (amount <= limit) return;
    throw tooComplex(String(Math.ceil(amount)), what, key, limit);
  };
  check(contents, isStream ? 'maxStreamInputs' : 'maxInputs', 'contents');
  check(cells, 'maxMatrixCells', 'cells of matrices');
  check(fields, 'maxComplexity', 'fields');
  check(bytes, 'maxAnswerBytes', 'bytes of an answer');
  if (contents > MANY_CONTENTS) await ownTurn(place);
  await checkTypes(asked.schema, operation, asked.variables);
  if (contents > MANY_CONTENTS) await ownTurn(place);
  return contents;
}
