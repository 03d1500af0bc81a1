import {
  getNamedType,
  getNullableType,
  GraphQLError,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  valueFromASTUntyped,
  type GraphQLArgument,
  type GraphQLInputObjectType,
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

/** A vector of megabytes fails the request: each use of its variable would look at all of it. */
function checkVector(value: unknown, { maxVector }: Place): void {
  const length =
    typeof value === 'string' ? (value.length * 3) / 16 : Array.isArray(value) ? value.length : 0;
  if (length <= maxVector) return;
  const message = `A vector has ${Math.floor(length)} numbers; no model here has embeddings of more than ${maxVector / LONGER}.`;
  throw new ClipgraphError('DIMENSION_MISMATCH', message);
}

/** A Boolean of a megabyte: GraphQL would quote it before it says no. */
function checkScalar(value: unknown, type: string, { variable }: Place): void {
  if (typeof value !== 'string' || value.length <= LONGEST_SCALAR) return;
  const message = `Variable "$${variable}" got invalid value …; Expected type "${type}".`;
  throw new GraphQLError(message, { extensions: WRONG_INPUT });
}

/** What has to be known of a type to count what a value of it holds. */
type Shape =
  | { readonly kind: 'list'; readonly of: GraphQLInputType; readonly isBounded: boolean }
  | { readonly kind: 'object'; readonly type: GraphQLInputObjectType; readonly isContent: boolean }
  | { readonly kind: 'scalar'; readonly name: string; readonly isShort: boolean };

/** GraphQL's own questions about a type cost a microsecond each: they are asked once a type, not once a value. */
const shapes = new WeakMap<GraphQLInputType, Shape>();

function shapeOf(type: GraphQLInputType): Shape {
  const known = shapes.get(type);
  if (known !== undefined) return known;
  const nullable = getNullableType(type);
  const named = getNamedType(nullable);
  const { name } = named;
  let shape: Shape;
  if (isListType(nullable)) {
    shape = { kind: 'list', of: nullable.ofType, isBounded: isInputObjectType(named) || name === 'String' };
  } else if (isInputObjectType(named)) {
    shape = { kind: 'object', type: named, isContent: CONTENT_TYPES.has(name) };
  } else {
    shape = { kind: 'scalar', name, isShort: isEnumType(named) || SHORT_SCALARS.has(name) };
  }
  shapes.set(type, shape);
  return shape;
}

/**
 * What a value as it was sent holds, by its type. A value of the wrong type holds nothing: the execution refuses it.
 *
 * @param texts to which those are added that the answer may hold again
 * @param isEchoed whether a String here is one of them
 * @returns contents
 */
function countIn(
  value: unknown,
  type: GraphQLInputType,
  place: Place,
  texts: string[],
  isEchoed: boolean,
): number {
  if (value == null) return 0;
  const shape = shapeOf(type);
  if (shape.kind === 'list') {
    if (!Array.isArray(value)) return countIn(value, shape.of, place, texts, isEchoed);
    // Before one of them is looked at: a list of a million must cost nothing.
    if (shape.isBounded && value.length > place.maxContents) throw tooMany(value.length, place);
    let contents = 0;
    for (const item of value) contents += countIn(item, shape.of, place, texts, isEchoed);
    return contents;
  }
  if (shape.kind === 'scalar') {
    if (shape.name === 'Vector') checkVector(value, place);
    if (shape.isShort) checkScalar(value, shape.name, place);
    if (isEchoed && shape.name === 'String' && typeof value === 'string') texts.push(value);
    return 0;
  }
  if (typeof value !== 'object' || Array.isArray(value)) return 0;
  const { type: named, isContent } = shape;
  const known = named.getFields();
  let contents = 0;
  for (const [key, item] of Object.entries(value)) {
    if (key.length > LONGEST_SCALAR) {
      const message = `Variable "$${place.variable}" got invalid value …; a key of it is longer than ${LONGEST_SCALAR} characters.`;
      throw new GraphQLError(message, { extensions: WRONG_INPUT });
    }
    if (!Object.hasOwn(known, key)) continue;
    contents += countIn(item, known[key].type, place, texts, ECHOED_TYPES.has(named.name));
  }
  if (!isContent) return contents;
  if (contents > place.maxContents) throw tooMany(contents, place);
  return Math.max(1, contents);
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
    const texts: string[] = [];
    const contents = countIn(value, argument.type, { ...bounds, variable }, texts, true);
    const length = Array.isArray(value) ? value.length : 1;
    const isList = value != null && isListOfContents(argument);
    return {
      contents: value != null && isText(argument) ? length : contents,
      length: isList ? length : undefined,
      texts,
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
