import type { GraphForm } from '../../runtime/index.js';
import type { Checkpoint } from '../checkpoint.js';
import { finishText, project } from '../graph/ends.js';
import { encoder } from '../graph/encoder.js';
import { FLOAT32_LOWEST, Graph, INT32, type Value } from '../graph/graph.js';
import { apart, splitOf, tokens, type Tokens } from '../graph/tokens.js';
import type { ClipTextOptions } from './options.js';

/** What old configurations have as eos_token_id, whatever the tokenizer says. Source: transformers, modeling_clip.py. */
const LEGACY_END_MARKER = 2;

/** -max above the diagonal: a token sees those before it, and itself. */
function causalMask(graph: Graph, { length }: Tokens): Value {
  const square = graph.op('ConstantOfShape', [graph.op('Concat', [length, length], { axis: 0 })]);
  const lowest = graph.op('Add', [square, graph.float32(FLOAT32_LOWEST)]);
  return graph.computed(graph.op('Trilu', [lowest, graph.integer(1)], { upper: 1 }));
}

/** One row of each text: `[batch, length, width]` → `[batch, width]`. */
function pool(graph: Graph, states: Value, { length, width }: Tokens, options: ClipTextOptions): Value {
  const { endMarker = LEGACY_END_MARKER, pooling } = options;
  if (pooling === 'last') {
    const last = graph.op('Sub', [length, graph.integers(1)]);
    return graph.op('Reshape', [graph.op('Gather', [states, last], { axis: 1 }), graph.integers(-1, width)]);
  }
  const isEnd =
    endMarker === LEGACY_END_MARKER && pooling === 'end'
      ? 'input_ids'
      : graph.op('Equal', ['input_ids', graph.integer(endMarker)]);
  const end = graph.op('ArgMax', [graph.op('Cast', [isEnd], { to: INT32 })], { axis: 1, keepdims: 1 });
  return graph.op('GatherND', [states, end], { batch_dims: 1 });
}

/**
 * The ONNX graph of a text tower: `input_ids [batch, length]` → `text_embeds [batch, dimensions]`, and the states of the last
 * layer after its norm, `last_hidden_state [batch, length, width]`.
 *
 * @throws MODEL_UNAVAILABLE when the checkpoint is not laid out as a CLIP
 */
export function buildClipText(
  checkpoint: Checkpoint,
  options: ClipTextOptions,
  form: GraphForm = {},
): Uint8Array {
  const graph = new Graph(checkpoint, form);
  const read = tokens(graph);
  const { width } = read;
  const stream = graph.op('Reshape', [read.rows, graph.integers(-1, width)]);
  const mask = options.isCausal ? causalMask(graph, read) : undefined;
  const split = splitOf(graph, read, options.heads);
  const encoded = encoder(graph, stream, 'text_model', width, options, {
    split,
    ...(mask !== undefined && { mask, isCausal: true }),
  });
  const states = apart(graph, graph.layerNorm(encoded, 'text_model.final_layer_norm', options.epsilon), read);
  const pooled = pool(graph, states, read, options);
  const { embedding, dimensions } = project(graph, pooled, width, 'text_projection');
  return finishText(graph, embedding, { dimensions, states, width, isMasked: false });
}
