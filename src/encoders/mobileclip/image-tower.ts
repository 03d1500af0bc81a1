import { ClipgraphError } from '../../errors/index.js';
import type { Checkpoint } from '../checkpoint.js';
import { finishImage, project, type PictureInput } from '../graph/ends.js';
import { Graph, type Value } from '../graph/graph.js';
import { addScaled, batchNorm, blocksOf, convMlp, convolution, downsample, mobileOne } from './blocks.js';

const HEAD_SIZE = 32;
const STEM_STRIDE = 4;
const STEM = 'vision_model.stem';

/** The bytes of crops as numbers, channels first. */
function numbers(graph: Graph, { imageSize, normalization }: PictureInput): Value {
  const first = graph.op('Transpose', ['pixel_values'], { perm: [0, 3, 1, 2] });
  const flat = graph.op('Reshape', [first, graph.integers(-1, 3, imageSize * imageSize)]);
  const scaled = graph.normalize(flat, normalization);
  return graph.op('Reshape', [scaled, graph.integers(-1, 3, imageSize, imageSize)]);
}

/** Attention over the places of a map, in heads of 32. Source: timm models/fastvit.py, `Attention`. */
function attention(graph: Graph, map: Value, name: string, channels: number, side: number): Value {
  const places = side * side;
  const heads = channels / HEAD_SIZE;
  if (!Number.isInteger(heads)) {
    const message = `The model's ${channels} channels cannot be split into attention heads of ${HEAD_SIZE}.`;
    throw new ClipgraphError('MODEL_UNAVAILABLE', message);
  }
  const flat = graph.op('Reshape', [map, graph.integers(-1, channels, places)]);
  const rows = graph.op('Reshape', [
    graph.op('Transpose', [flat], { perm: [0, 2, 1] }),
    graph.integers(-1, channels),
  ]);
  const part = (kind: string, perm: readonly number[]): Value =>
    graph.op(
      'Transpose',
      [
        graph.op('Reshape', [
          graph.linear(rows, `${name}.${kind}_proj`),
          graph.integers(-1, places, heads, HEAD_SIZE),
        ]),
      ],
      { perm },
    );
  const queries = graph.op('Mul', [part('q', [0, 2, 1, 3]), graph.float(HEAD_SIZE ** -0.5)]);
  const weights = graph.op('Softmax', [graph.op('MatMul', [queries, part('k', [0, 2, 3, 1])])], { axis: -1 });
  const mixed = graph.op('MatMul', [weights, part('v', [0, 2, 1, 3])]);
  const joined = graph.op('Reshape', [
    graph.op('Transpose', [mixed], { perm: [0, 2, 1, 3] }),
    graph.integers(-1, channels),
  ]);
  const back = graph.op('Reshape', [
    graph.linear(joined, `${name}.proj`),
    graph.integers(-1, places, channels),
  ]);
  return graph.op('Reshape', [
    graph.op('Transpose', [back], { perm: [0, 2, 1] }),
    graph.integers(-1, channels, side, side),
  ]);
}

/** A block with attention, or one that mixes by convolution: `x + gamma · (mixer(x) - norm(x))`. */
function block(graph: Graph, x: Value, name: string, channels: number, side: number): Value {
  const mixer = `${name}.token_mixer`;
  if (graph.has(`${mixer}.q_proj.weight`)) {
    const mixed = attention(graph, batchNorm(graph, x, `${name}.norm`), mixer, channels, side);
    const sum = addScaled(graph, x, mixed, `${name}.layer_scale_1`);
    return addScaled(graph, sum, convMlp(graph, sum, `${name}.mlp`, channels), `${name}.layer_scale_2`);
  }
  const passive = { isActive: false };
  const difference = graph.op('Sub', [
    mobileOne(graph, x, `${mixer}.mixer`, channels, passive),
    mobileOne(graph, x, `${mixer}.norm`, channels, passive),
  ]);
  const sum = addScaled(graph, x, difference, `${mixer}.layer_scale`);
  return addScaled(graph, sum, convMlp(graph, sum, `${name}.mlp`, channels), `${name}.layer_scale`);
}

/**
 * The ONNX graph of MobileCLIP's image tower, a FastViT as it was trained: `pixel_values [batch, size, size, 3]`, the bytes of crops →
 * `image_embeds [batch, dimensions]`.
 *
 * @throws MODEL_UNAVAILABLE when the checkpoint is not laid out so
 * Source: timm models/fastvit.py, `fastvit_mci0` to `fastvit_mci2`.
 */
export function buildMobileClipImage(checkpoint: Checkpoint, picture: PictureInput): Uint8Array {
  const graph = new Graph(checkpoint);
  let [channels] = graph.tensor(`${STEM}.0.conv_kxk.0.conv.weight`).shape;
  let side = Math.ceil(picture.imageSize / STEM_STRIDE);
  let map = mobileOne(graph, numbers(graph, picture), `${STEM}.0`, 3, { stride: 2 });
  map = mobileOne(graph, map, `${STEM}.1`, channels, { stride: 2 });
  map = mobileOne(graph, map, `${STEM}.2`, channels);
  for (let stage = 0; blocksOf(graph, stage).length > 0; stage++) {
    const name = `vision_model.stages.${stage}`;
    const wider = `${name}.downsample.proj.0.large_conv.conv.weight`;
    if (graph.has(wider)) {
      map = downsample(graph, map, `${name}.downsample`, channels);
      [channels] = graph.tensor(wider).shape;
      side = Math.ceil(side / 2);
    }
    const positions = `${name}.pos_emb.pos_enc`;
    if (graph.has(`${positions}.weight`))
      map = graph.op('Add', [convolution(graph, map, positions, { groups: channels }), map]);
    for (const each of blocksOf(graph, stage)) map = block(graph, map, each, channels, side);
  }
  map = mobileOne(graph, map, 'vision_model.final_conv', channels);
  const [, width] = graph.tensor('visual_projection.weight').shape;
  const pooled = graph.op('Reshape', [graph.op('GlobalAveragePool', [map]), graph.integers(-1, width)]);
  const { embedding, dimensions } = project(graph, pooled, width, 'visual_projection');
  return finishImage(graph, embedding, dimensions, picture);
}
