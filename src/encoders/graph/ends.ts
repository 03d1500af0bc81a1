import type { Normalization } from '../../core/image/index.js';
import type { Graph, Value } from './graph.js';

/** The text graph's output of one vector a token, as transformers names it. */
export const STATES = 'last_hidden_state';

/** What an image tower's graph takes: the bytes of square crops, which it normalises itself. */
export interface PictureInput {
  /** The edge, in pixels. */
  readonly imageSize: number;
  readonly normalization: Normalization;
}

type Inputs = Parameters<Graph['finish']>[0];
type Outputs = Parameters<Graph['finish']>[1];

/** A text tower's inputs; `attention_mask` where it has to know what is padding. */
export function textInputs(isMasked: boolean): Inputs {
  const ids = { name: 'input_ids', type: 'int64', dims: ['length'] } as const;
  return isMasked ? [ids, { ...ids, name: 'attention_mask' }] : [ids];
}

/** An image tower's. */
export function imageInputs({ imageSize }: PictureInput): Inputs {
  return [{ name: 'pixel_values', type: 'uint8', dims: [imageSize, imageSize, 3] }];
}

/** A text graph's file whose embedding is given, with the states of its tokens, `[batch, length, width]`. */
export function finishText(
  graph: Graph,
  embedding: Value,
  { dimensions, states, width, isMasked }: TextEnd,
): Uint8Array {
  graph.output('text_embeds', embedding);
  graph.output(STATES, states);
  const outputs: Outputs = [
    { name: 'text_embeds', dims: [dimensions] },
    { name: STATES, dims: ['length', width] },
  ];
  return graph.finish(textInputs(isMasked), outputs);
}

interface TextEnd {
  readonly dimensions: number;
  /** Of the tokens after the last layer and its norm. */
  readonly states: Value;
  readonly width: number;
  readonly isMasked: boolean;
}

/** An image graph's file whose embedding is given. */
export function finishImage(
  graph: Graph,
  embedding: Value,
  dimensions: number,
  picture: PictureInput,
): Uint8Array {
  graph.output('image_embeds', embedding);
  return graph.finish(imageInputs(picture), [{ name: 'image_embeds', dims: [dimensions] }]);
}

/**
 * A tower's last projection, where it has one.
 *
 * @param pooled `[batch, width]`
 */
export function project(
  graph: Graph,
  pooled: Value,
  width: number,
  name: 'text_projection' | 'visual_projection',
): { readonly embedding: Value; readonly dimensions: number } {
  if (!graph.has(`${name}.weight`)) return { embedding: pooled, dimensions: width };
  const { shape, isTransposed = false } = graph.tensor(`${name}.weight`);
  return { embedding: graph.linear(pooled, name), dimensions: shape[isTransposed ? 1 : 0] };
}
