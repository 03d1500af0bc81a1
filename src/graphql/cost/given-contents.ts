import {
  getNamedType,
  GraphQLError,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  valueFromASTUntyped,
  type GraphQLArgument,
  type GraphQLInputType,
  type ValueNode,
} from 'graphql';
import { ClipgraphError } from '../../errors/index.js';

/** The inputs that have an embedding of their own; one that holds others is as many as it holds. */
const CONTENT_TYPES: ReadonlySet<string> = new Set(['ContentInput', 'PartInput', 'ImageInput']);
/** Of whose fields a String may stand in the answer again: not base64 or a URL. */
const ECHOED_TYPES: ReadonlySet<string> = new Set(['ContentInput', 'PartInput']);
/** Nothing but a text, a name or a vector is longer. */
const LONGEST_SCALAR = 1000;
/** A vector so many times longer than any model's fails the request, not only its own content. */
export const LONGER = 10;
const SHORT_SCALARS: ReadonlySet<string> = new Set(['Int', 'Float', 'Boolean']);

/** What an argument holds. */
export interface Given {
  /** Of contents, parts of blends counted one by one. */
  readonly contents: number;
  /** Of the longest list of contents; undefined where no list of contents is given. */
  readonly length: number | undefined;
  /** Texts that the answer may hold again. */
  readonly texts: readonly string[];
}

export const NOTHING: Given = { contents: 0, length: undefined, texts: [] };

/** As the execution answers variables of the wrong type. */
export const WRONG_INPUT = { code: 'BAD_USER_INPUT', http: { status: 400 } };

/** Where a value was found, and what bounds it. */
interface Place {
  readonly variable: string;
  readonly maxContents: number;
  /** `limits.maxInputs` or another one. */
  readonly limit: string;
  /** Numbers of the longest vector that a model could have made, and some more: whichever are compared with it say more. */
  readonly maxVector: number;
}

function tooMany(length: number, { maxContents, limit }: Place): ClipgraphError {
  const message = `A list holds ${length} contents; the limit is ${maxContents} (limits.${limit}). Split it over several requests.`;
  return new ClipgraphError('TOO_MANY_INPUTS', message);
}

function sum(all: readonly Given[]): Given {
  return {
    contents: all.reduce((total, { contents }) => total + contents, 0),
    length: undefined,
    texts: all.flatMap(({ texts }) => texts),
  };
}

/** A vector of megabytes fails the request: each use of its variable would look at all of it. */
function checkVector(value: unknown, { maxVector }: Place): void {
  const length =
    typeof value === 'string' ? (value.length * 3) / 16 : Array.isArray(value) ? value.length : 0;
  if (length <= maxVector) return;
  const message = `A vector has ${Math.floor(length)} numbers; no model here has embeddings of more than ${maxVector / LONGER}.`;
  throw new ClipgraphError('DIMENSION_MISMATCH', message);
}

/** A Boolean of a megabyte: GraphQL would quote it before it says no. */
function checkScalar(value: unknown, type: GraphQLInputType, { variable }: Place): void {
  const named = getNamedType(type);
  const isShort = isEnumType(named) || SHORT_SCALARS.has(named.name);
  if (!isShort || typeof value !== 'string' || value.length <= LONGEST_SCALAR) return;
  const message = `Variable "$${variable}" got invalid value …; Expected type "${named.name}".`;
  throw new GraphQLError(message, { extensions: WRONG_INPUT });
}

/** What a value as it was sent holds, by its type. A value of the wrong type holds nothing: the execution refuses it. */
function givenIn(value: unknown, type: GraphQLInputType, place: Place, isEchoed: boolean): Given {
  if (value == null) return NOTHING;
  if (isNonNullType(type)) return givenIn(value, type.ofType, place, isEchoed);
  const named = getNamedType(type);
  if (isListType(type)) {
    if (!Array.isArray(value)) return givenIn(value, type.ofType, place, isEchoed);
    const isOfContents = isInputObjectType(named) || named.name === 'String';
    // Before one of them is looked at: a list of a million must cost nothing.
    if (isOfContents && value.length > place.maxContents) throw tooMany(value.length, place);
    return sum(value.map((item) => givenIn(item, type.ofType, place, isEchoed)));
  }
  if (!isInputObjectType(named)) {
    if (named.name === 'Vector') checkVector(value, place);
    checkScalar(value, type, place);
    const isText = isEchoed && named.name === 'String' && typeof value === 'string';
    return isText ? { ...NOTHING, texts: [value] } : NOTHING;
  }
  if (typeof value !== 'object' || Array.isArray(value)) return NOTHING;
  const fields = value as Record<string, unknown>;
  if (Object.keys(fields).some((key) => key.length > LONGEST_SCALAR)) {
    const message = `Variable "$${place.variable}" got invalid value …; a key of it is longer than ${LONGEST_SCALAR} characters.`;
    throw new GraphQLError(message, { extensions: WRONG_INPUT });
  }
  const isContent = CONTENT_TYPES.has(named.name);
  const inside = Object.values(named.getFields())
    .filter(({ name }) => Object.hasOwn(fields, name))
    .map((field) => givenIn(fields[field.name], field.type, place, ECHOED_TYPES.has(named.name)));
  const all = sum(inside);
  if (isContent && all.contents > place.maxContents) throw tooMany(all.contents, place);
  return isContent ? { ...all, contents: Math.max(1, all.contents) } : all;
}

/** A String that must be given is a text to be read; one with a default, or that may be left out, says how. */
function isText({ type, defaultValue }: GraphQLArgument): boolean {
  return getNamedType(type).name === 'String' && isNonNullType(type) && defaultValue === undefined;
}

function isListOfContents(argument: GraphQLArgument): boolean {
  const { type } = argument;
  const isContent = isText(argument) || CONTENT_TYPES.has(getNamedType(type).name);
  return isContent && isListType(isNonNullType(type) ? type.ofType : type);
}

/**
 * Counts what arguments hold, each variable once, however often it is used.
 *
 * @throws TOO_MANY_INPUTS for a list or a blend that is too long, before its items are looked at
 */
export function contentCounter(
  variables: Readonly<Record<string, unknown>>,
  bounds: Omit<Place, 'variable'>,
): (argument: GraphQLArgument, node: ValueNode) => Given {
  const known = new Map<string, Given>();

  const count = (argument: GraphQLArgument, value: unknown, variable: string): Given => {
    const given = givenIn(value, argument.type, { ...bounds, variable }, true);
    const length = Array.isArray(value) ? value.length : 1;
    const isList = value != null && isListOfContents(argument);
    return {
      contents: value != null && isText(argument) ? length : given.contents,
      length: isList ? length : undefined,
      texts: given.texts,
    };
  };

  return (argument, node) => {
    if (node.kind !== Kind.VARIABLE) {
      // Bounded by the tokens of the document, and by what its variables hold.
      return count(argument, valueFromASTUntyped(node, variables), '');
    }
    const name = node.name.value;
    const key = `${name} ${String(isText(argument))}`;
    const given = known.get(key) ?? count(argument, variables[name], name);
    known.set(key, given);
    return given;
  };
}
