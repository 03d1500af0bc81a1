import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/**
 * Reads of an ONNX graph what it does, and with token ids; the weights are skipped, not read.
 * Source: onnx/onnx.proto3 (IR version 8) for the numbers of the fields.
 */

/** Bytes at a place, as many as there are up to `length`. */
type Read = (offset: number, length: number) => Uint8Array;

interface Source {
  readonly read: Read;
  /** Bytes. */
  readonly size: number;
}

/** What is read of a file at a time. */
const WINDOW = 64 * 1024;

/** Operations whose output has the ids, or the table, of their first input. */
const PASSING = new Set(['Cast', 'Identity', 'Reshape', 'Squeeze', 'Unsqueeze', 'Clip', 'DequantizeLinear']);

const utf8 = new TextDecoder();

interface Field {
  readonly number: number;
  /** Of a number: its value. Of a message, a string or bytes: where they begin. */
  readonly value: number;
  /** Bytes of a message, a string or bytes; -1 for a number. */
  readonly length: number;
}

class Reader {
  readonly #read: Read;
  #window: Uint8Array = new Uint8Array();
  #from = 0;

  constructor(read: Read) {
    this.#read = read;
  }

  bytes(offset: number, length: number): Uint8Array {
    const at = offset - this.#from;
    if (at >= 0 && at + length <= this.#window.length) return this.#window.subarray(at, at + length);
    this.#window = this.#read(offset, Math.max(length, WINDOW));
    this.#from = offset;
    if (this.#window.length < length) throw new RangeError('The graph ends too early.');
    return this.#window.subarray(0, length);
  }

  text({ value, length }: Field): string {
    return utf8.decode(this.bytes(value, length));
  }

  /** A base-128 number and where it ends. Above 2^53 it is not exact, which no size or offset is. */
  varint(offset: number): { value: number; end: number } {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      const [byte] = this.bytes(offset + i, 1);
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return { value, end: offset + i + 1 };
    }
    throw new RangeError('The graph holds a number of more than 10 bytes.');
  }

  *fields(start: number, end: number): Generator<Field> {
    let at = start;
    while (at < end) {
      const tag = this.varint(at);
      const number = Math.floor(tag.value / 8);
      const type = tag.value % 8;
      if (type === 0) {
        const { value, end: next } = this.varint(tag.end);
        yield { number, value, length: -1 };
        at = next;
      } else if (type === 2) {
        const { value: length, end: value } = this.varint(tag.end);
        if (value + length > end) throw new RangeError('The graph ends too early.');
        yield { number, value, length };
        at = value + length;
      } else if (type === 1 || type === 5) {
        at = tag.end + (type === 1 ? 8 : 4);
      } else {
        throw new RangeError(`The graph holds a field of type ${type}.`);
      }
    }
  }

  inside({ value, length }: Field): Generator<Field> {
    return this.fields(value, value + length);
  }
}

interface Node {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

function readNode(reader: Reader, field: Field): Node {
  const [inputs, outputs]: [string[], string[]] = [[], []];
  let operator = '';
  for (const part of reader.inside(field)) {
    if (part.number === 1) inputs.push(reader.text(part));
    else if (part.number === 2) outputs.push(reader.text(part));
    else if (part.number === 4) operator = reader.text(part);
  }
  return { operator, inputs, outputs };
}

/** The name of a constant and its first dimension. */
function readConstant(reader: Reader, field: Field): { name: string; rows: number | undefined } {
  let name = '';
  let rows: number | undefined;
  for (const part of reader.inside(field)) {
    if (part.number === 1) rows ??= part.length < 0 ? part.value : reader.varint(part.value).value;
    else if (part.number === 8) name = reader.text(part);
  }
  return { name, rows };
}

type Constants = Map<string, number | undefined>;

/** The operations of a graph, and the first dimensions of its constants. */
function readGraph({ read, size }: Source): { nodes: Node[]; constants: Constants } {
  const reader = new Reader(read);
  const nodes: Node[] = [];
  const constants: Constants = new Map();
  for (const graph of reader.fields(0, size)) {
    if (graph.number !== 7 || graph.length < 0) continue;
    for (const field of reader.inside(graph)) {
      if (field.number === 1) nodes.push(readNode(reader, field));
      if (field.number !== 5) continue;
      const { name, rows } = readConstant(reader, field);
      constants.set(name, rows);
    }
  }
  return { nodes, constants };
}

function tableRows(source: Source, input: string): number | undefined {
  const { nodes, constants } = readGraph(source);
  const ids = new Set([input]);
  const found: number[] = [];
  for (const { operator, inputs, outputs } of nodes) {
    const [first, second] = inputs;
    if (PASSING.has(operator)) {
      if (ids.has(first)) ids.add(outputs[0]);
      else if (constants.has(first)) constants.set(outputs[0], constants.get(first));
    } else if (operator === 'Gather' && ids.has(second)) {
      const rows = constants.get(first);
      if (rows !== undefined) found.push(rows);
    }
  }
  return found.length === 0 ? undefined : Math.min(...found);
}

/** An ONNX file, by path or as bytes. */
export type GraphFile = { readonly path: string } | { readonly bytes: Uint8Array };

/** @returns undefined for what cannot be read: whoever runs it will say why */
function reading<Result>(graph: GraphFile, work: (source: Source) => Result): Result | undefined {
  try {
    if ('bytes' in graph) {
      const { bytes } = graph;
      return work({
        read: (offset, length) => bytes.subarray(offset, offset + length),
        size: bytes.length,
      });
    }
    const file = openSync(graph.path, 'r');
    try {
      const read: Read = (offset, length) => {
        const window = new Uint8Array(length);
        return window.subarray(0, readSync(file, window, 0, length, offset));
      };
      return work({ read, size: fstatSync(file).size });
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

/**
 * How many rows the table has in which a graph looks up its token ids: larger ids have no embedding.
 *
 * @param input the name of the graph's input that takes the ids
 * @returns undefined where the graph looks up nothing, or cannot be read
 */
export function embeddingRows(graph: GraphFile, input: string): number | undefined {
  return reading(graph, (source) => tableRows(source, input));
}

/** The names of the operations in a graph, without those of its subgraphs; none of what cannot be read. */
export function operatorsOf(graph: GraphFile): ReadonlySet<string> {
  return new Set(reading(graph, (source) => readGraph(source).nodes.map(({ operator }) => operator)));
}
