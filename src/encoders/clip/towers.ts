import { ClipgraphError } from '../../errors/index.js';
import type { Checkpoint } from '../checkpoint.js';
import { encoder, headSize } from '../graph/encoder.js';
import { Graph } from '../graph/graph.js';
import { STATES, type PictureInput } from '../graph/ends.js';
import type { ClipImageOptions, ClipTextOptions } from './options.js';

const FLOAT32_LOWEST = -3.4028234663852886e38;
const INT32 = 6; // TensorProto.DataType, for Cast.
/** What old configurations have as eos_token_id, whatever the tokenizer says. Source: transformers, modeling_clip.py. */
const LEGACY_END_MARKER = 2;

/**
 * The ONNX graph of a text tower: `input_ids [batch, length]` → `text_embeds [batch, dimensions]`, and the states of the last
 * layer after its norm, `last_hidden_state [batch, length, width]`.
 *
 * @throws MODEL_UNAVAILABLE when the checkpoint is not laid out as a CLIP
 */
export function buildTextTower(checkpoint: Checkpoint, config: ClipTextOptions): Uint8Array {
  const graph = new Graph(checkpoint);
  const table = 'text_model.embeddings.token_embedding.weight';
  const {
    shape: [, width],
    dtype,
  } = graph.tensor(table);
  // The rows are cast, not the table: that would be another copy of it.
  const rows = graph.op('Gather', [graph.stored(table), 'input_ids'], { axis: 0 });
  const tokens = dtype === 'F32' ? rows : graph.toFloat32(rows);
  const shape = graph.op('Shape', ['input_ids']);
  const length = graph.op('Slice', [shape, graph.integers(1), graph.integers(2)]);
  const positions = graph.op('Slice', [
    graph.weight('text_model.embeddings.position_embedding.weight'),
    graph.integers(0),
    length,
    graph.integers(0),
  ]);
  const stream = graph.op('Reshape', [graph.op('Add', [tokens, positions]), graph.integers(-1, width)]);
  const square = graph.op('ConstantOfShape', [graph.op('Concat', [length, length], { axis: 0 })]);
  const lowest = graph.op('Add', [square, graph.float(FLOAT32_LOWEST)]);
  const mask = graph.op('Trilu', [lowest, graph.integer(1)], { upper: 1 });
  const split = graph.op('Concat', [shape, graph.integers(config.heads, headSize(width, config.heads))], {
    axis: 0,
  });

  const encoded = encoder(graph, stream, 'text_model', width, config, { split, mask });
  const states = graph.op('Reshape', [
    graph.layerNorm(encoded, 'text_model.final_layer_norm', config.epsilon),
    graph.op('Concat', [shape, graph.integers(width)], { axis: 0 }),
  ]);
  const isEnd =
    config.endMarker === LEGACY_END_MARKER
      ? 'input_ids'
      : graph.op('Equal', ['input_ids', graph.integer(config.endMarker)]);
  const end = graph.op('ArgMax', [graph.op('Cast', [isEnd], { to: INT32 })], { axis: 1, keepdims: 1 });
  const pooled = graph.op('GatherND', [states, end], { batch_dims: 1 });
  graph.output(STATES, states);
  const input = { name: 'input_ids', type: 'int64', dims: ['length'] } as const;
  return finish(graph, pooled, width, 'text', input, [{ name: STATES, dims: ['length', width] }]);
}

/**
 * The ONNX graph of an image tower: `pixel_values [batch, size, size, 3]`, the bytes of crops → `image_embeds [batch, dimensions]`.
 *
 * @throws MODEL_UNAVAILABLE when the checkpoint is not laid out as a CLIP
 */
export function buildImageTower(
  checkpoint: Checkpoint,
  config: ClipImageOptions,
  { imageSize, normalization }: PictureInput,
): Uint8Array {
  const graph = new Graph(checkpoint);
  const patches = 'vision_model.embeddings.patch_embedding.weight';
  const [width, channels, patch] = graph.tensor(patches).shape;
  const { heads, epsilon } = config;
  const side = Math.floor(imageSize / patch);
  const length = side * side + 1;
  const positions = 'vision_model.embeddings.position_embedding.weight';
  if (graph.tensor(positions).shape[0] !== length) {
    const message = `The model's image_size ${imageSize} does not fit its ${graph.tensor(positions).shape[0]} positions.`;
    throw new ClipgraphError('MODEL_UNAVAILABLE', message);
  }
  // The patches do not overlap: the convolution is one product of matrices, which is faster. Bytes are moved, not numbers.
  const covered = side * patch;
  const whole =
    covered === imageSize
      ? 'pixel_values'
      : graph.op('Slice', [
          'pixel_values',
          graph.integers(0, 0),
          graph.integers(covered, covered),
          graph.integers(1, 2),
        ]);
  const cut = graph.op('Reshape', [whole, graph.integers(-1, side, patch, side, patch, channels)]);
  const samples = graph.op('Reshape', [
    graph.op('Transpose', [cut], { perm: [0, 1, 3, 5, 2, 4] }),
    graph.integers(-1, channels, patch * patch),
  ]);
  const flat = graph.op('Reshape', [
    graph.normalize(samples, normalization),
    graph.integers(-1, channels * patch * patch),
  ]);
  const products = graph.op('Gemm', [flat, graph.weight(patches, [width, channels * patch * patch])], {
    transB: 1,
  });
  const embedded = graph.op('Reshape', [products, graph.integers(-1, side * side, width)]);
  const batch = graph.op('Slice', [
    graph.op('Shape', ['pixel_values']),
    graph.integers(0),
    graph.integers(1),
  ]);
  const summary = graph.op('Expand', [
    graph.weight('vision_model.embeddings.class_embedding', [1, 1, width]),
    graph.op('Concat', [batch, graph.integers(1, width)], { axis: 0 }),
  ]);
  const placed = graph.op('Add', [
    graph.op('Concat', [summary, embedded], { axis: 1 }),
    graph.weight(positions),
  ]);
  // The misspelt name is transformers' own.
  const before = ['vision_model.pre_layrnorm', 'vision_model.pre_layernorm'].find((name) =>
    graph.has(`${name}.weight`),
  );
  const stream = graph.layerNorm(
    graph.op('Reshape', [placed, graph.integers(-1, width)]),
    before ?? 'vision_model.pre_layrnorm',
    epsilon,
  );
  const split = graph.integers(-1, length, heads, headSize(width, heads));
  const encoded = encoder(graph, stream, 'vision_model', width, config, { split, firstOf: length });
  const pooled = graph.layerNorm(encoded, 'vision_model.post_layernorm', epsilon);
  const dims = [imageSize, imageSize, channels];
  return finish(graph, pooled, width, 'visual', { name: 'pixel_values', type: 'uint8', dims });
}

function finish(
  graph: Graph,
  pooled: string,
  width: number,
  projection: 'text' | 'visual',
  input: Parameters<Graph['finish']>[0],
  others: Parameters<Graph['finish']>[1] = [],
): Uint8Array {
  const name = `${projection}_projection`;
  const isProjected = graph.has(`${name}.weight`);
  const { shape, isTransposed = false } = isProjected ? graph.tensor(`${name}.weight`) : { shape: [width] };
  const output = projection === 'text' ? 'text_embeds' : 'image_embeds';
  graph.output(output, isProjected ? graph.linear(pooled, name) : pooled);
  const dimensions = shape[isTransposed ? 1 : 0];
  return graph.finish(input, [{ name: output, dims: [dimensions] }, ...others]);
}
