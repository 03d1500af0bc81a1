import type { Checkpoint } from '../checkpoint.js';
import { finishText, project } from '../graph/ends.js';
import { activate, attention, layers } from '../graph/encoder.js';
import { FLOAT32, FLOAT32_LOWEST, Graph, type Value } from '../graph/graph.js';
import { apart, splitOf, tokens } from '../graph/tokens.js';
import type { BertTextOptions } from './options.js';

const TYPES = 'text_model.embeddings.token_type_embedding.weight';
const TRANSFORMATION = 'text_model.transformation';

/** The states before the first layer: embeddings of ids, places and, where there are some, of the first of the types. */
function embedded(graph: Graph, rows: Value, width: number, epsilon: number): Value {
  const typed = graph.has(TYPES)
    ? graph.op('Add', [
        rows,
        graph.op('Slice', [graph.weight(TYPES), graph.integers(0), graph.integers(1), graph.integers(0)]),
      ])
    : rows;
  const stream = graph.op('Reshape', [typed, graph.integers(-1, width)]);
  return graph.layerNorm(stream, 'text_model.embeddings.layer_norm', epsilon);
}

/** The mean of the states that are no padding: `[batch, length, width]` → `[batch, width]`. */
function mean(graph: Graph, states: Value, seen: Value): Value {
  const weights = graph.op('Unsqueeze', [seen, graph.integers(2)]);
  const sum = graph.op('ReduceSum', [graph.op('Mul', [states, weights]), graph.integers(1)], { keepdims: 0 });
  return graph.op('Div', [sum, graph.op('ReduceSum', [seen, graph.integers(1)], { keepdims: 1 })]);
}

/** open_clip's `mlp`: linear, GELU, linear, all without biases. */
function projectTwice(
  graph: Graph,
  pooled: Value,
): { readonly embedding: Value; readonly dimensions: number } {
  const inner = activate(graph, graph.linear(pooled, 'text_projection.0'), 'gelu');
  const [dimensions] = graph.tensor('text_projection.2.weight').shape;
  return { embedding: graph.linear(inner, 'text_projection.2'), dimensions };
}

/**
 * The ONNX graph of a text tower that is normalised after each part, as BERT's are: `input_ids` and `attention_mask`, both
 * `[batch, length]` → `text_embeds [batch, dimensions]` and `last_hidden_state [batch, length, width]`.
 *
 * @throws MODEL_UNAVAILABLE when the checkpoint is not laid out so
 */
export function buildBertText(checkpoint: Checkpoint, options: BertTextOptions): Uint8Array {
  const graph = new Graph(checkpoint);
  const { heads, activation, epsilon, firstPosition, pooling } = options;
  const read = tokens(graph, firstPosition);
  const { width } = read;
  const seen = graph.op('Cast', ['attention_mask'], { to: FLOAT32 });
  const unseen = graph.op('Sub', [graph.float(1), seen]);
  const mask = graph.op('Unsqueeze', [
    graph.op('Mul', [unseen, graph.float(FLOAT32_LOWEST)]),
    graph.integers(1, 2),
  ]);
  const shape = { split: splitOf(graph, read, heads), mask };
  let stream = embedded(graph, read.rows, width, epsilon);
  for (const layer of layers(graph, 'text_model')) {
    const mixed = attention(graph, stream, `${layer}.self_attn`, width, heads, shape);
    stream = graph.layerNorm(graph.op('Add', [stream, mixed]), `${layer}.layer_norm1`, epsilon);
    const hidden = activate(graph, graph.linear(stream, `${layer}.mlp.fc1`), activation);
    const output = graph.linear(hidden, `${layer}.mlp.fc2`, 'after GELU');
    stream = graph.layerNorm(graph.op('Add', [stream, output]), `${layer}.layer_norm2`, epsilon);
  }
  const states = apart(graph, stream, read);
  const first = (): Value =>
    graph.op('Reshape', [
      graph.op('Slice', [states, graph.integers(0), graph.integers(1), graph.integers(1)]),
      graph.integers(-1, width),
    ]);
  const row = pooling === 'mean' ? mean(graph, states, seen) : first();
  const pooled = transform(graph, row, epsilon);
  const { embedding, dimensions } = graph.has('text_projection.0.weight')
    ? projectTwice(graph, pooled)
    : project(graph, pooled, width, 'text_projection');
  return finishText(graph, embedding, { dimensions, states, width, isMasked: true });
}

/** AltCLIP's norm and transformation, which are the same on one row as on all of them. */
function transform(graph: Graph, row: Value, epsilon: number): Value {
  if (!graph.has(`${TRANSFORMATION}.weight`)) return row;
  return graph.linear(graph.layerNorm(row, 'text_model.final_layer_norm', epsilon), TRANSFORMATION);
}
