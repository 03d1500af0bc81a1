import type { Checkpoint } from '../checkpoint.js';
import { finishImage, type PictureInput } from '../graph/ends.js';
import { activate, encoder, headSize } from '../graph/encoder.js';
import { Graph, type Value } from '../graph/graph.js';
import { patches, placed } from '../graph/patches.js';
import type { SiglipImageOptions } from './options.js';

const HEAD = 'vision_model.head';

/** What one learned question takes from all patches: `[batch · length, width]` → `[batch, width]`. */
function pool(
  graph: Graph,
  rows: Value,
  length: number,
  width: number,
  { heads, activation, epsilon }: SiglipImageOptions,
): Value {
  const size = headSize(width, heads);
  const part = (of: Value, name: string, count: number, order: readonly number[]): Value =>
    graph.op(
      'Transpose',
      [
        graph.op('Reshape', [
          graph.linear(of, `${HEAD}.attention.${name}_proj`),
          graph.integers(-1, count, heads, size),
        ]),
      ],
      { perm: order },
    );
  // The same question for every picture.
  const asked = part(graph.weight(`${HEAD}.probe`, [1, width]), 'q', 1, [0, 2, 1, 3]);
  const scores = graph.op('MatMul', [
    graph.op('Mul', [asked, graph.float(size ** -0.5)]),
    part(rows, 'k', length, [0, 2, 3, 1]),
  ]);
  const mixed = graph.op('MatMul', [
    graph.op('Softmax', [scores], { axis: -1 }),
    part(rows, 'v', length, [0, 2, 1, 3]),
  ]);
  const joined = graph.op('Reshape', [
    graph.op('Transpose', [mixed], { perm: [0, 2, 1, 3] }),
    graph.integers(-1, width),
  ]);
  const taken = graph.linear(joined, `${HEAD}.attention.out_proj`);
  const hidden = graph.linear(graph.layerNorm(taken, `${HEAD}.layernorm`, epsilon), `${HEAD}.mlp.fc1`);
  const output = graph.linear(activate(graph, hidden, activation), `${HEAD}.mlp.fc2`, 'after GELU');
  return graph.op('Add', [taken, output]);
}

/**
 * The ONNX graph of SigLIP's image tower: `pixel_values [batch, size, size, 3]`, the bytes of crops → `image_embeds [batch, width]`. No
 * class token, no projection: one question is put to all patches.
 *
 * @throws MODEL_UNAVAILABLE when the checkpoint is not laid out so
 */
export function buildSiglipImage(
  checkpoint: Checkpoint,
  options: SiglipImageOptions,
  picture: PictureInput,
): Uint8Array {
  const graph = new Graph(checkpoint);
  const { rows, side, width } = patches(graph, picture);
  const length = side * side;
  const split = graph.integers(-1, length, options.heads, headSize(width, options.heads));
  const stream = placed(graph, rows, length, width, picture);
  const encoded = encoder(graph, stream, 'vision_model', width, options, { split });
  const seen = graph.layerNorm(encoded, 'vision_model.post_layernorm', options.epsilon);
  return finishImage(graph, pool(graph, seen, length, width, options), width, picture);
}
