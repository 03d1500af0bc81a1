import { ClipgraphError } from '../../errors/index.js';
import type { Checkpoint } from '../checkpoint.js';
import { finishImage, project, type PictureInput } from '../graph/ends.js';
import { first, headSize, layers } from '../graph/encoder.js';
import { Graph, type Value } from '../graph/graph.js';
import { patches, placed, withClassToken } from '../graph/patches.js';
import type { Eva02ImageOptions } from './options.js';
import { rotation } from './rotation.js';

/** Attention whose queries and keys are turned by their places, and whose result is normalised before its last product. */
function attention(
  graph: Graph,
  x: Value,
  name: string,
  { length, width, heads, epsilon }: { length: number; width: number; heads: number; epsilon: number },
  turn: (x: Value) => Value,
): Value {
  const size = headSize(width, heads);
  const part = (kind: string): Value =>
    graph.op(
      'Transpose',
      [
        graph.op('Reshape', [
          graph.linear(x, `${name}.${kind}_proj`),
          graph.integers(-1, length, heads, size),
        ]),
      ],
      { perm: [0, 2, 1, 3] },
    );
  const queries = graph.op('Mul', [turn(part('q')), graph.float(size ** -0.5)]);
  const keys = graph.op('Transpose', [turn(part('k'))], { perm: [0, 1, 3, 2] });
  const weights = graph.op('Softmax', [graph.op('MatMul', [queries, keys])], { axis: -1 });
  const mixed = graph.op('Transpose', [graph.op('MatMul', [weights, part('v')])], { perm: [0, 2, 1, 3] });
  const joined = graph.op('Reshape', [mixed, graph.integers(-1, width)]);
  return graph.linear(graph.layerNorm(joined, `${name}.norm`, epsilon), `${name}.out_proj`);
}

/** SwiGLU: `fc2(norm(silu(gate) · x))`. */
function mlp(graph: Graph, x: Value, name: string, epsilon: number): Value {
  const gate = graph.linear(x, `${name}.fc1_g`);
  const open = graph.op('Mul', [gate, graph.op('Sigmoid', [gate])]);
  const product = graph.op('Mul', [open, graph.linear(x, `${name}.fc1_x`)]);
  return graph.linear(graph.layerNorm(product, `${name}.norm`, epsilon), `${name}.fc2`);
}

/**
 * The ONNX graph of an EVA-02 image tower: `pixel_values [batch, size, size, 3]`, the bytes of crops → `image_embeds [batch, dimensions]`.
 *
 * @throws MODEL_UNAVAILABLE when the checkpoint is not laid out so
 * Source: timm models/eva.py.
 */
export function buildEva02Image(
  checkpoint: Checkpoint,
  { heads, epsilon, grid }: Eva02ImageOptions,
  picture: PictureInput,
): Uint8Array {
  const graph = new Graph(checkpoint);
  const cut = patches(graph, picture);
  const { side, width } = cut;
  const length = side * side + 1;
  const size = headSize(width, heads);
  if (size % 4 !== 0) {
    const message = `The model's heads have ${size} numbers, which cannot be turned by rows and columns in pairs.`;
    throw new ClipgraphError('MODEL_UNAVAILABLE', message);
  }
  const turn = rotation(graph, side, size, grid);
  let stream = placed(graph, withClassToken(graph, cut), length, width, picture);
  for (const layer of layers(graph, 'vision_model')) {
    const seen = graph.layerNorm(stream, `${layer}.layer_norm1`, epsilon);
    const sizes = { length, width, heads, epsilon };
    stream = graph.op('Add', [stream, attention(graph, seen, `${layer}.self_attn`, sizes, turn)]);
    const normed = graph.layerNorm(stream, `${layer}.layer_norm2`, epsilon);
    stream = graph.op('Add', [stream, mlp(graph, normed, `${layer}.mlp`, epsilon)]);
  }
  const row = first(graph, stream, length, width);
  const pooled = graph.layerNorm(row, 'vision_model.post_layernorm', epsilon);
  const { embedding, dimensions } = project(graph, pooled, width, 'visual_projection');
  return finishImage(graph, embedding, dimensions, picture);
}
