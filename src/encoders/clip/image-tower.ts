import type { GraphForm } from '../../runtime/index.js';
import type { Checkpoint } from '../checkpoint.js';
import { finishImage, project, type PictureInput } from '../graph/ends.js';
import { encoder, headSize } from '../graph/encoder.js';
import { Graph, type Value } from '../graph/graph.js';
import { patches, placed, withClassToken } from '../graph/patches.js';
import type { ClipImageOptions } from './options.js';

/** The misspelt name is transformers' own. */
const PRE_NORMS = ['vision_model.pre_layrnorm', 'vision_model.pre_layernorm'];

/** The mean of the patches, without the class token: `[batch · length, width]` → `[batch, width]`. */
function meanOfPatches(graph: Graph, rows: Value, length: number, width: number): Value {
  const apart = graph.op('Reshape', [rows, graph.integers(-1, length, width)]);
  const rest = graph.op('Slice', [apart, graph.integers(1), graph.integers(length), graph.integers(1)]);
  return graph.op('ReduceMean', [rest], { axes: [1], keepdims: 0 });
}

/**
 * The ONNX graph of an image tower: `pixel_values [batch, size, size, 3]`, the bytes of crops → `image_embeds [batch, dimensions]`.
 *
 * @throws MODEL_UNAVAILABLE when the checkpoint is not laid out as a CLIP
 */
export function buildClipImage(
  checkpoint: Checkpoint,
  options: ClipImageOptions,
  picture: PictureInput,
  form: GraphForm = {},
): Uint8Array {
  const graph = new Graph(checkpoint, form);
  const { heads, epsilon, pooling } = options;
  const cut = patches(graph, picture);
  const { side, width } = cut;
  const length = side * side + 1;
  const first = placed(graph, withClassToken(graph, cut), length, width, picture);
  const before = PRE_NORMS.find((name) => graph.has(`${name}.weight`)) ?? PRE_NORMS[0];
  const stream = options.hasPreNorm ? graph.layerNorm(first, before, epsilon) : first;
  const split = graph.integers(-1, length, heads, headSize(width, heads));
  const shape = pooling === 'class' ? { split, firstOf: length } : { split };
  const encoded = encoder(graph, stream, 'vision_model', width, options, shape);
  const row = pooling === 'class' ? encoded : meanOfPatches(graph, encoded, length, width);
  const pooled = graph.layerNorm(row, 'vision_model.post_layernorm', epsilon);
  const { embedding, dimensions } = project(graph, pooled, width, 'visual_projection');
  return finishImage(graph, embedding, dimensions, picture);
}
