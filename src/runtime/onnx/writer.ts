/**
 * Writes ONNX graphs: a protocol buffer of the few messages that are needed.
 * Source: onnx/onnx.proto3 (IR version 8) for the numbers of the fields.
 */

/** The numbers of `TensorProto.DataType`. */
export const DATA_TYPES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  float16: 10,
  bfloat16: 16,
} as const;
export type DataType = keyof typeof DATA_TYPES;

type Bytes = Uint8Array;

const utf8 = new TextEncoder();

export function concatenate(...parts: readonly Bytes[]): Bytes {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function varint(value: number | bigint): Bytes {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Uint8Array.from(bytes);
}

function integer(field: number, value: number): Bytes {
  return concatenate(varint(field << 3), varint(value));
}

function message(field: number, content: Bytes): Bytes {
  return concatenate(varint((field << 3) | 2), varint(content.length), content);
}

function text(field: number, value: string): Bytes {
  return message(field, utf8.encode(value));
}

/** A constant of the graph, held in it. */
export function initializer(
  name: string,
  dims: readonly number[],
  data: Float32Array | BigInt64Array | Uint8Array,
): Bytes {
  const type =
    data instanceof Float32Array
      ? DATA_TYPES.float32
      : data instanceof Uint8Array
        ? DATA_TYPES.uint8
        : DATA_TYPES.int64;
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return concatenate(...dims.map((dim) => integer(1, dim)), integer(2, type), text(8, name), message(9, raw));
}

/** Where a constant lies in another file, in bytes. */
export interface ExternalData {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** A constant of the graph that lies in another file, such as a safetensors file. */
export function externalInitializer(
  name: string,
  type: DataType,
  dims: readonly number[],
  { location, offset, length }: ExternalData,
): Bytes {
  const entries = Object.entries({ location, offset: String(offset), length: String(length) });
  return concatenate(
    ...dims.map((dim) => integer(1, dim)),
    integer(2, DATA_TYPES[type]),
    text(8, name),
    ...entries.map(([key, entry]) => message(13, concatenate(text(1, key), text(2, entry)))),
    integer(14, 1),
  );
}

/** An attribute's value: an integer, a list of them, or a float32. */
export type Attribute = number | readonly number[] | { readonly float: number };

function attribute(name: string, value: Attribute): Bytes {
  if (typeof value === 'object' && 'float' in value) {
    const bytes = new Uint8Array(Float32Array.of(value.float).buffer);
    return concatenate(text(1, name), varint((2 << 3) | 5), bytes, integer(20, 1));
  }
  const isList = typeof value !== 'number';
  const values = isList ? concatenate(...value.map((item) => integer(8, item))) : integer(3, value);
  return concatenate(text(1, name), values, integer(20, isList ? 7 : 2));
}

/** One operation. Its name is that of its first output. */
export function node(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
  domain = '',
): Bytes {
  return concatenate(
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(3, outputs[0]),
    text(4, operator),
    ...Object.entries(attributes).map(([name, value]) => message(5, attribute(name, value))),
    ...(domain === '' ? [] : [text(7, domain)]),
  );
}

/** An input or output of the graph; a dimension that may vary has a name. */
export function value(name: string, type: DataType, dims: readonly (number | string)[]): Bytes {
  const shape = dims.map((dim) => message(1, typeof dim === 'number' ? integer(1, dim) : text(2, dim)));
  const tensor = concatenate(integer(1, DATA_TYPES[type]), message(2, concatenate(...shape)));
  return concatenate(text(1, name), message(2, message(1, tensor)));
}

interface Graph {
  readonly nodes: readonly Bytes[];
  readonly initializers: readonly Bytes[];
  readonly inputs: readonly Bytes[];
  readonly outputs: readonly Bytes[];
  /** Whether there are operations of ONNX Runtime's own. */
  readonly hasMicrosoftOperations?: boolean;
}

/** The domain of ONNX Runtime's own operations. */
export const MICROSOFT = 'com.microsoft';

/** A whole file. */
export function model({
  nodes,
  initializers,
  inputs,
  outputs,
  hasMicrosoftOperations = false,
}: Graph): Bytes {
  const graph = concatenate(
    ...nodes.map((item) => message(1, item)),
    text(2, 'clipgraph'),
    ...initializers.map((item) => message(5, item)),
    ...inputs.map((item) => message(11, item)),
    ...outputs.map((item) => message(12, item)),
  );
  const opset = (domain: string, version: number): Bytes =>
    message(8, concatenate(text(1, domain), integer(2, version)));
  const opsets = [opset('', 17), ...(hasMicrosoftOperations ? [opset(MICROSOFT, 1)] : [])];
  return concatenate(integer(1, 8), text(2, 'clipgraph'), message(7, graph), ...opsets);
}
