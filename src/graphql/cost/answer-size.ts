import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isIntrospectionType,
  isListType,
  isObjectType,
  isInputObjectType,
  isEnumType,
  type GraphQLField,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';

import type { Embedder } from '../../engine/index.js';

/** What the models can answer: for the size of what is not known yet. */
export interface AnswerFacts {
  /** Components of the longest vector. */
  readonly dimensions: number;
  /** Tokens of the longest text. */
  readonly contextLength: number;
  /** Models or runtimes, whichever are more. */
  readonly entries: number;
}

export function answerFacts({ models, runtimes }: Embedder): AnswerFacts {
  const manifests = models.list().map(({ manifest }) => manifest);
  const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);
  return {
    dimensions: most(manifests.map(({ dimensions }) => dimensions)),
    contextLength: most(manifests.map(({ contextLength }) => contextLength)),
    entries: Math.max(manifests.length, runtimes.list().length),
  };
}

/** What the fields below a field inherit from its arguments. */
export interface Scope {
  /** Elements of a list that has no arguments of its own. */
  readonly results: number;
  /** Of the lists in each of them, where those have others. */
  readonly inner?: number | undefined;
  /** Rows times columns. */
  readonly cells: number;
  /** Bytes of a text that may stand in each result, as JSON. */
  readonly textBytes: number;
}

/** A number as JSON, its comma included: float32 values as doubles mostly take 20 digits. */
const NUMBER_BYTES = 24;
/** Of sentences that the server writes itself: reasons, descriptions, interpretations. */
const SENTENCE_BYTES = 256;
/** Of metadata as JSON; what is longer counts when it is answered. */
const JSON_BYTES = 1024;
/** A piece of a token's spelling with its quotes and comma; the letters are the text's. */
const PIECE_BYTES = 8;

const base64Bytes = (numbers: number): number => Math.ceil((numbers * 4) / 3) * 4;

/** Numbers that a field holds, by the type that it belongs to. */
function numbersOf(parent: string, { cells }: Scope, { dimensions, contextLength }: AnswerFacts): number {
  if (parent === 'SimilarityMatrix') return cells;
  if (parent === 'TokenEmbeddings') return dimensions * contextLength;
  return parent === 'Tokens' ? contextLength : dimensions;
}

/** The most bytes that the value of a field without fields of its own takes in the answer. */
export function bytesOfLeaf(
  parent: string,
  { type }: GraphQLField<unknown, unknown>,
  scope: Scope,
  facts: AnswerFacts,
): number {
  const isList = isListType(getNullableType(type));
  const text = Math.max(SENTENCE_BYTES, scope.textBytes);
  switch (getNamedType(type).name) {
    case 'Vector':
      return base64Bytes(numbersOf(parent, scope, facts));
    case 'String':
      // Pieces of tokens are spelled in letters of up to two bytes for each byte of the text.
      return isList ? 2 * text + PIECE_BYTES * facts.contextLength : text;
    case 'ID':
      return SENTENCE_BYTES;
    case 'JSON':
      return JSON_BYTES;
    default:
      return isList ? NUMBER_BYTES * numbersOf(parent, scope, facts) : NUMBER_BYTES;
  }
}

/** What is reckoned for a text or JSON whose length nobody knows before it is read. */
export function bytesOfText(type: GraphQLOutputType): number {
  return getNamedType(type).name === 'JSON' ? JSON_BYTES : SENTENCE_BYTES;
}

type IntrospectionLengths = (parent: string, field: string, isMean: boolean) => number | undefined;

/** A schema does not change. */
const known = new WeakMap<GraphQLSchema, IntrospectionLengths>();

/** How long the lists of the introspection are: a mean over the schema below `types`, the longest elsewhere. */
export function introspectionLengths(schema: GraphQLSchema): IntrospectionLengths {
  const lengths = known.get(schema) ?? countLengths(schema);
  known.set(schema, lengths);
  return lengths;
}

function countLengths(schema: GraphQLSchema): IntrospectionLengths {
  const types = Object.values(schema.getTypeMap());
  const fieldsOf = (type: (typeof types)[number]): number =>
    isObjectType(type) ? Object.keys(type.getFields()).length : 0;
  const argumentsOf = types.flatMap((type) =>
    isObjectType(type) ? Object.values(type.getFields()).map(({ args }) => args.length) : [],
  );
  const lengths: Readonly<Record<string, readonly number[]>> = {
    types: [types.length],
    directives: [schema.getDirectives().length],
    fields: types.map(fieldsOf),
    inputFields: types.map((type) => (isInputObjectType(type) ? Object.keys(type.getFields()).length : 0)),
    enumValues: types.map((type) => (isEnumType(type) ? type.getValues().length : 0)),
    possibleTypes: types.map((type) => (isCompositeType(type) && !isObjectType(type) ? 2 : 0)),
    args: argumentsOf,
  };
  return (parent: string, field: string, isMean: boolean): number | undefined => {
    const type = schema.getType(parent);
    if (type === undefined || !isIntrospectionType(type)) return undefined;
    const all = lengths[field] ?? [1];
    const longest = all.reduce((most, length) => Math.max(most, length), 0);
    return isMean ? all.reduce((sum, length) => sum + length, 0) / Math.max(1, all.length) : longest;
  };
}
