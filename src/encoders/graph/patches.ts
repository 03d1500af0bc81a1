import { ClipgraphError } from '../../errors/index.js';
import type { Graph, Value } from './graph.js';
import type { PictureInput } from './ends.js';

const PATCHES = 'vision_model.embeddings.patch_embedding';

/** A picture's patches as the first rows of an image tower. */
export interface Patches {
  /** `[batch, side · side, width]`. */
  readonly rows: Value;
  readonly side: number;
  readonly width: number;
}

/**
 * The embeddings of the patches of `pixel_values [batch, size, size, 3]`. Where the size is no multiple of a patch, the last rows and
 * columns are not seen.
 *
 * @throws MODEL_UNAVAILABLE when the checkpoint lacks them
 */
export function patches(graph: Graph, { imageSize, normalization }: PictureInput): Patches {
  const [width, channels, patch] = graph.tensor(`${PATCHES}.weight`).shape;
  const side = Math.floor(imageSize / patch);
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
  const weight = graph.weight(`${PATCHES}.weight`, [width, channels * patch * patch]);
  const products = graph.op('Gemm', [flat, weight], { transB: 1 });
  const biased = graph.has(`${PATCHES}.bias`)
    ? graph.op('Add', [products, graph.weight(`${PATCHES}.bias`)])
    : products;
  return { rows: graph.op('Reshape', [biased, graph.integers(-1, side * side, width)]), side, width };
}

/** The rows with the class token's before each picture's. */
export function withClassToken(graph: Graph, { rows, width }: Patches): Value {
  const batch = graph.op('Slice', [
    graph.op('Shape', ['pixel_values']),
    graph.integers(0),
    graph.integers(1),
  ]);
  const token = graph.op('Expand', [
    graph.weight('vision_model.embeddings.class_embedding', [1, 1, width]),
    graph.op('Concat', [batch, graph.integers(1, width)], { axis: 0 }),
  ]);
  return graph.op('Concat', [token, rows], { axis: 1 });
}

/**
 * The rows with the embeddings of their places, one after the other: `[batch · length, width]`.
 *
 * @param rows `[batch, length, width]`
 * @throws MODEL_UNAVAILABLE when the checkpoint has another number of places
 */
export function placed(
  graph: Graph,
  rows: Value,
  length: number,
  width: number,
  { imageSize }: PictureInput,
): Value {
  const positions = 'vision_model.embeddings.position_embedding.weight';
  const { shape } = graph.tensor(positions);
  if (shape[0] !== length) {
    const message = `The model's image_size ${imageSize} does not fit its ${shape[0]} positions.`;
    throw new ClipgraphError('MODEL_UNAVAILABLE', message);
  }
  const sum = graph.op('Add', [rows, graph.weight(positions)]);
  return graph.op('Reshape', [sum, graph.integers(-1, width)]);
}
