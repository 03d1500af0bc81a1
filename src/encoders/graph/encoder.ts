import { z } from 'zod';
import { ClipgraphError } from '../../errors/index.js';
import type { Graph, Value } from './graph.js';

/** What a transformer's tensors can't say about it. */
export const encoderOptions = {
  heads: z.number().int().positive(),
  /** As config.json names it: `quick_gelu`. */
  activation: z.string().min(1),
  /** Of the layer norms. */
  epsilon: z.number().positive(),
};

export interface EncoderConfig {
  readonly heads: number;
  readonly activation: string;
  readonly epsilon: number;
}

type Activation = (graph: Graph, x: Value) => Value;

/** `0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³)))`. Source: transformers/activations.py, NewGELUActivation. */
const tanhGelu: Activation = (graph, x) => {
  const cube = graph.op('Mul', [graph.op('Mul', [x, x]), x]);
  const inner = graph.op('Add', [x, graph.op('Mul', [cube, graph.float(0.044715)])]);
  const tanh = graph.op('Tanh', [graph.op('Mul', [inner, graph.float(Math.sqrt(2 / Math.PI))])]);
  const half = graph.op('Mul', [x, graph.float(0.5)]);
  return graph.op('Mul', [half, graph.op('Add', [tanh, graph.float(1)])]);
};

/** By their names in config.json. Source: transformers/activations.py. ONNX Runtime fuses the first two itself. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  quick_gelu: (graph, x) =>
    graph.op('Mul', [x, graph.op('Sigmoid', [graph.op('Mul', [x, graph.float(1.702)])])]),
  gelu: (graph, x) => {
    const erf = graph.op('Erf', [graph.op('Div', [x, graph.float(Math.SQRT2)])]);
    const sum = graph.op('Add', [erf, graph.float(1)]);
    return graph.op('Mul', [graph.op('Mul', [x, sum]), graph.float(0.5)]);
  },
  gelu_new: tanhGelu,
  gelu_pytorch_tanh: tanhGelu,
};

/**
 * Numbers of one attention head.
 *
 * @throws MODEL_UNAVAILABLE when the width can't be split over the heads
 */
export function headSize(width: number, heads: number): number {
  if (Number.isInteger(width / heads)) return width / heads;
  const message = `The model's width ${width} cannot be split over ${heads} attention heads.`;
  throw new ClipgraphError('MODEL_UNAVAILABLE', message);
}

export interface Attention {
  /** `[batch, length, heads, size of a head]`, for Reshape. */
  readonly split: Value;
  /** Added to the scores: -max above the diagonal; absent where every position sees all. */
  readonly mask?: Value;
  /** Whether that is all that the mask does. */
  readonly isCausal?: boolean;
  /** Positions; given where only the first of them is wanted after the last layer. */
  readonly firstOf?: number;
}

/** What positions take from each other: `[batch · length, width]` of the same. */
export function attention(
  graph: Graph,
  x: Value,
  name: string,
  width: number,
  heads: number,
  { split, mask, isCausal = false }: Attention,
  asking: { readonly rows: Value; readonly split: Value } = { rows: x, split },
): Value {
  if (graph.isAttentionFused && (mask === undefined || isCausal)) {
    const mixed = fusedAttention(graph, x, name, width, heads, { split, isCausal }, asking);
    return graph.linear(graph.op('Reshape', [mixed, graph.integers(-1, width)]), `${name}.out_proj`);
  }
  const project = (part: string, order: readonly number[], rows = x, shape = split): Value =>
    graph.op('Transpose', [graph.op('Reshape', [graph.linear(rows, `${name}.${part}_proj`), shape])], {
      perm: order,
    });
  const asked = project('q', [0, 2, 1, 3], asking.rows, asking.split);
  const queries = graph.op('Mul', [asked, graph.float(headSize(width, heads) ** -0.5)]);
  const scores = graph.op('MatMul', [queries, project('k', [0, 2, 3, 1])]);
  const masked = mask === undefined ? scores : graph.op('Add', [scores, mask]);
  const mixed = graph.op('MatMul', [graph.op('Softmax', [masked], { axis: -1 }), project('v', [0, 2, 1, 3])]);
  const joined = graph.op('Transpose', [mixed], { perm: [0, 2, 1, 3] });
  return graph.linear(graph.op('Reshape', [joined, graph.integers(-1, width)]), `${name}.out_proj`);
}

/**
 * The same up to the last product, as one operation: `[batch, length, width]`.
 * Source: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md, MultiHeadAttention.
 */
function fusedAttention(
  graph: Graph,
  x: Value,
  name: string,
  width: number,
  heads: number,
  { split, isCausal }: Pick<Attention, 'split' | 'isCausal'>,
  asking: { readonly rows: Value; readonly split: Value },
): Value {
  const project = (part: string, rows: Value, shape: Value): Value => {
    const apart = graph.op('Reshape', [graph.linear(rows, `${name}.${part}_proj`), shape]);
    // A 0 stands for the side that was there: `[batch, length, width]`.
    return graph.op('Reshape', [apart, graph.integers(0, 0, width)]);
  };
  const parts = [project('q', asking.rows, asking.split), project('k', x, split), project('v', x, split)];
  return graph.microsoftOp('MultiHeadAttention', parts, {
    num_heads: heads,
    ...(isCausal === true && { unidirectional: 1 }),
  });
}

/** The activation of this name.
 *
 * @throws MODEL_UNAVAILABLE for one that is not supported
 */
export function activate(graph: Graph, x: Value, activation: string): Value {
  if (Object.hasOwn(ACTIVATIONS, activation)) return ACTIVATIONS[activation](graph, x);
  const message = `The model's hidden_act "${activation}" is not supported; ${Object.keys(ACTIVATIONS).join(', ')} are.`;
  throw new ClipgraphError('MODEL_UNAVAILABLE', message);
}

/** The first of so many positions of each content: `[batch · length, width]` → `[batch, width]`. */
export function first(graph: Graph, rows: Value, length: number, width: number): Value {
  const apart = graph.op('Reshape', [rows, graph.integers(-1, length, width)]);
  const slice = graph.op('Slice', [apart, graph.integers(0), graph.integers(1), graph.integers(1)]);
  return graph.op('Reshape', [slice, graph.integers(-1, width)]);
}

/** The names of a tower's layers, as many as the checkpoint has; of the first one, where it has none, so that what is missing is named. */
export function layers(graph: Graph, tower: string): string[] {
  const at = (i: number): string => `${tower}.encoder.layers.${i}`;
  const names = [at(0)];
  while (graph.has(`${at(names.length)}.layer_norm1.weight`)) names.push(at(names.length));
  return names;
}

/**
 * The layers of a transformer, normalised before each part as CLIP's are. Where only the first position is wanted, the last
 * layer computes no other.
 *
 * @param x the residual stream, `[batch · length, width]`
 * @param name of the tower in the checkpoint: `text_model`
 * @throws MODEL_UNAVAILABLE for an activation that is not supported, or no layers
 */
export function encoder(
  graph: Graph,
  x: Value,
  name: string,
  width: number,
  { heads, activation, epsilon }: EncoderConfig,
  shape: Attention,
): Value {
  let stream = x;
  const names = layers(graph, name);
  for (const layer of names) {
    const seen = graph.layerNorm(stream, `${layer}.layer_norm1`, epsilon);
    const isLast = layer === names.at(-1);
    const { firstOf } = shape;
    const only =
      isLast && firstOf !== undefined ? (rows: Value) => first(graph, rows, firstOf, width) : undefined;
    const asking = only && { rows: only(seen), split: graph.integers(-1, 1, heads, headSize(width, heads)) };
    const mixed = attention(graph, seen, `${layer}.self_attn`, width, heads, shape, asking);
    stream = graph.op('Add', [only === undefined ? stream : only(stream), mixed]);
    const hidden = graph.linear(graph.layerNorm(stream, `${layer}.layer_norm2`, epsilon), `${layer}.mlp.fc1`);
    stream = graph.op('Add', [
      stream,
      graph.linear(activate(graph, hidden, activation), `${layer}.mlp.fc2`, 'after GELU'),
    ]);
  }
  return stream;
}
