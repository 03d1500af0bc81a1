import { GraphQLError, GraphQLScalarType, valueFromASTUntyped } from 'graphql';

/** What a JSON scalar holds. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** Its size and depth are bounded where a request is read, and where metadata and filters are. */
export const Json = new GraphQLScalarType<JsonValue, JsonValue>({
  name: 'JSON',
  description: 'Any JSON value: an object of strings, numbers, booleans, null, and lists of these.',
  serialize: (value) => value as JsonValue,
  parseValue: (value) => value as JsonValue,
  parseLiteral: (node, variables) => valueFromASTUntyped(node, variables) as JsonValue,
});

/** A moment in an answer; none is ever sent. */
export const DateTime = new GraphQLScalarType<never, string>({
  name: 'DateTime',
  description: 'ISO 8601 with milliseconds, in UTC: 2026-11-27T15:20:00.000Z.',
  serialize: (value) => {
    if (value instanceof Date) return value.toISOString();
    throw new GraphQLError('A DateTime is a Date.');
  },
  parseValue: () => {
    throw new GraphQLError('A DateTime is never part of a request.');
  },
});
