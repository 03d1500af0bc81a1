import type { Graph, Value } from './graph.js';
import { headSize } from './encoder.js';

/** Token ids as the first rows of a text tower. */
export interface Tokens {
  /** `[batch, length, width]`. */
  readonly rows: Value;
  readonly width: number;
  /** The shape of `input_ids`, and its second side as a list of one. */
  readonly shape: Value;
  readonly length: Value;
}

/**
 * The embeddings of `input_ids [batch, length]`, with those of their places.
 *
 * @param firstPosition row of the table of positions that the first token has
 * @throws MODEL_UNAVAILABLE when the checkpoint lacks the tables
 */
export function tokens(graph: Graph, firstPosition = 0): Tokens {
  const table = 'text_model.embeddings.token_embedding.weight';
  const {
    shape: [, width],
  } = graph.tensor(table);
  const embedded = graph.rowsOf(table, 'input_ids');
  const shape = graph.op('Shape', ['input_ids']);
  const length = graph.op('Slice', [shape, graph.integers(1), graph.integers(2)]);
  const end = firstPosition === 0 ? length : graph.op('Add', [length, graph.integers(firstPosition)]);
  const positions = graph.op('Slice', [
    graph.weight('text_model.embeddings.position_embedding.weight'),
    graph.integers(firstPosition),
    end,
    graph.integers(0),
  ]);
  return { rows: graph.op('Add', [embedded, positions]), width, shape, length };
}

/** `[batch, length, heads, size of a head]`, for Reshape. */
export function splitOf(graph: Graph, { shape, width }: Tokens, heads: number): Value {
  return graph.op('Concat', [shape, graph.integers(heads, headSize(width, heads))], { axis: 0 });
}

/** `[batch · length, width]` → `[batch, length, width]`. */
export function apart(graph: Graph, rows: Value, { shape, width }: Tokens): Value {
  return graph.op('Reshape', [rows, graph.op('Concat', [shape, graph.integers(width)], { axis: 0 })]);
}
