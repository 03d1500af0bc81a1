import { GraphQLError, GraphQLScalarType, valueFromASTUntyped } from 'graphql';
import { pack } from '../engine/index.js';
import { SharedTurns } from '../isolation/turns.js';
import type { Context } from './context.js';

/** Numbers of answers that are checked one by one, by GraphQL, in one turn of the event loop: some 5 ms. */
const numbers = new SharedTurns(10_000);

/** Resolves in a turn of the event loop in which a list of so many numbers may be answered. */
export function roomFor(count: number, { client, signal }: Context): Promise<void> {
  return numbers.share(count, { client, group: signal });
}

/** A vector as a client may give it; what is wrong with its numbers is the content's own failure, not the request's. */
export type VectorValues = string | readonly number[];

function readVector(value: unknown): VectorValues {
  if (typeof value === 'string') return value;
  // typeof, not isFinite: 1e400 is read as Infinity, and INVALID_VECTOR in its place among the others says so.
  if (Array.isArray(value) && value.every((item) => typeof item === 'number')) return value;
  throw new GraphQLError('A Vector is base64 of float32 values, or a list of numbers.');
}

/** Float32 values as base64, a tenth of the time and a quarter of the bytes of a list of numbers. */
export const Vector = new GraphQLScalarType<VectorValues, string>({
  name: 'Vector',
  description:
    'Base64 of little-endian float32 values, 4 bytes a component (RFC 4648, standard alphabet). ' +
    'As an input, a list of finite numbers too. ' +
    'In JavaScript: `new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer)`.',
  serialize: (value) => {
    if (!ArrayBuffer.isView(value)) throw new GraphQLError('A Vector must be a Float32Array.');
    return pack(value);
  },
  parseValue: readVector,
  parseLiteral: (node, variables) => readVector(valueFromASTUntyped(node, variables)),
});

/** A name, not an enum: the configuration may add runtimes. */
export const RuntimeName = new GraphQLScalarType<string, string>({
  name: 'RuntimeName',
  description: "A runtime plugin's name: cpu, cuda, wasm, or that of one the configuration adds.",
  serialize: (value) => String(value),
  parseValue: (value) => {
    if (typeof value === 'string') return value;
    throw new GraphQLError('A RuntimeName is a string, such as "cpu".');
  },
});
