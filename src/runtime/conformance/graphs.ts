import type { TowerKind, TowerSource } from '../contract.js';
import { DATA_TYPES, initializer, model, node, value, type DataType } from '../onnx/writer.js';

/** Small towers with known answers. Like CLIP's, the text tower gives the same whatever follows the first end marker. */
export const DIMENSIONS = 8;
export const VOCABULARY = 100;
export const IMAGE_SIZE = 16;
const CHANNELS = 3;

/** The weight in a row and a column of any of the towers: irregular, and exact in float32. */
function weight(row: number, column: number): number {
  return (((row * 31 + column * 17) % 64) - 32) / 16;
}

function weights(rows: number): Float32Array {
  return Float32Array.from({ length: rows * DIMENSIONS }, (_, i) =>
    weight(Math.floor(i / DIMENSIONS), i % DIMENSIONS),
  );
}

const OUTPUTS = { text: 'text_embeds', image: 'image_embeds' } as const;

/** Each output is the largest of its column over the ids of a row: the same ids once more change nothing. */
export function textGraph(idType: DataType = 'int64'): Uint8Array {
  return model({
    nodes: [
      node('Gather', ['table', 'input_ids'], ['rows'], { axis: 0 }),
      node('ReduceMax', ['rows'], [OUTPUTS.text], { axes: [1], keepdims: 0 }),
    ],
    initializers: [initializer('table', [VOCABULARY, DIMENSIONS], weights(VOCABULARY))],
    inputs: [value('input_ids', idType, ['batch', 'sequence'])],
    outputs: [value(OUTPUTS.text, 'float32', ['batch', DIMENSIONS])],
  });
}

/** The means of a graph's bytes, projected: it takes crops as they are. */
export function bytesGraph(): Uint8Array {
  return model({
    nodes: [
      node('Cast', ['pixel_values'], ['samples'], { to: DATA_TYPES.float32 }),
      node('ReduceMean', ['samples'], ['means'], { axes: [1, 2], keepdims: 0 }),
      node('MatMul', ['means', 'projection'], [OUTPUTS.image]),
    ],
    initializers: [initializer('projection', [CHANNELS, DIMENSIONS], weights(CHANNELS))],
    inputs: [value('pixel_values', 'uint8', ['batch', IMAGE_SIZE, IMAGE_SIZE, CHANNELS])],
    outputs: [value(OUTPUTS.image, 'float32', ['batch', DIMENSIONS])],
  });
}

/** The channels' means, projected. */
export function imageGraph(): Uint8Array {
  return model({
    nodes: [
      node('ReduceMean', ['pixel_values'], ['means'], { axes: [2, 3], keepdims: 0 }),
      node('MatMul', ['means', 'projection'], [OUTPUTS.image]),
    ],
    initializers: [initializer('projection', [CHANNELS, DIMENSIONS], weights(CHANNELS))],
    inputs: [value('pixel_values', 'float32', ['batch', CHANNELS, IMAGE_SIZE, IMAGE_SIZE])],
    outputs: [value(OUTPUTS.image, 'float32', ['batch', DIMENSIONS])],
  });
}

/** The same behind a convolution that changes nothing: libraries that are opened when they are first used are, then. */
export function convolutionGraph(): Uint8Array {
  const identity = Float32Array.from({ length: CHANNELS * CHANNELS }, (_, i) =>
    i % (CHANNELS + 1) === 0 ? 1 : 0,
  );
  return model({
    nodes: [
      node('Conv', ['pixel_values', 'identity'], ['same']),
      node('ReduceMean', ['same'], ['means'], { axes: [2, 3], keepdims: 0 }),
      node('MatMul', ['means', 'projection'], [OUTPUTS.image]),
    ],
    initializers: [
      initializer('identity', [CHANNELS, CHANNELS, 1, 1], identity),
      initializer('projection', [CHANNELS, DIMENSIONS], weights(CHANNELS)),
    ],
    inputs: [value('pixel_values', 'float32', ['batch', CHANNELS, IMAGE_SIZE, IMAGE_SIZE])],
    outputs: [value(OUTPUTS.image, 'float32', ['batch', DIMENSIONS])],
  });
}

export function textAnswer(ids: readonly number[]): number[] {
  return Array.from({ length: DIMENSIONS }, (_, column) => Math.max(...ids.map((id) => weight(id, column))));
}

/** @param means of the channels: of the normalised picture, or of its bytes */
export function imageAnswer(means: readonly number[]): number[] {
  return Array.from({ length: DIMENSIONS }, (_, column) =>
    means.reduce((sum, mean, row) => sum + mean * weight(row, column), 0),
  );
}

/** The towers of the model `conformance`, as ONNX files: for a runtime that has its models itself. */
export function conformanceGraphs(): Record<TowerKind, Uint8Array> {
  return { text: textGraph(), image: imageGraph() };
}

/** One of the towers, to be opened by a runtime. */
export function towerSource(
  kind: TowerKind,
  bytes: Uint8Array = kind === 'text' ? textGraph() : imageGraph(),
  change: Partial<TowerSource['manifest']> = {},
): TowerSource {
  const input = kind === 'text' ? 'input_ids' : 'pixel_values';
  const manifest = {
    model: 'conformance',
    input,
    output: OUTPUTS[kind],
    dimensions: DIMENSIONS,
    padding: { id: 0 },
    ...change,
  };
  return {
    key: `${kind}-${bytes.length}-${JSON.stringify(change)}`,
    kind,
    manifest,
    graph: { bytes },
  };
}
