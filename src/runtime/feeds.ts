import { ClipgraphError } from '../errors/index.js';
import type { ImageBatch, TensorInfo, TowerBatch } from './contract.js';

/** An input of a graph, with data of the type that the graph asks for. */
export interface Feed {
  readonly type: 'float32' | 'uint8' | 'int32' | 'int64';
  readonly data: Float32Array | Uint8Array | Int32Array | BigInt64Array;
  readonly dims: readonly number[];
}

function integers(values: Int32Array, { name, type }: TensorInfo, dims: readonly number[]): Feed {
  if (type === 'int32') return { type, data: values, dims };
  if (type === 'int64') return { type, data: BigInt64Array.from(values, BigInt), dims };
  throw new ClipgraphError(
    'MODEL_UNAVAILABLE',
    `The graph's input ${name} takes ${type}; token ids are int32 or int64.`,
  );
}

/** The crops' bytes for a graph that normalises them itself, else the normalised numbers. */
function picturesFor(batch: ImageBatch, { type }: TensorInfo): Feed | undefined {
  const { size, imageSize } = batch;
  if (type === 'uint8') return { type, data: batch.crops, dims: [size, imageSize, imageSize, 3] };
  if (type !== 'float32') return undefined;
  return { type, data: batch.pixels, dims: [size, 3, imageSize, imageSize] };
}

/** 1 for each id, 0 for each padding. */
function attentionMask(lengths: readonly number[], length: number): Int32Array {
  return Int32Array.from({ length: lengths.length * length }, (_, i) =>
    i % length < lengths[Math.floor(i / length)] ? 1 : 0,
  );
}

/**
 * The inputs of a graph for a batch, by name. Exports differ: some take ids as int32, some an attention mask beside.
 *
 * @param inputs what the graph says it takes
 * @throws MODEL_UNAVAILABLE when it takes something that a CLIP tower does not have
 */
export function feedsFor(batch: TowerBatch, inputs: readonly TensorInfo[]): Record<string, Feed> {
  const feeds: Record<string, Feed> = {};
  for (const info of inputs) {
    if (batch.kind === 'image') {
      const pictures = picturesFor(batch, info);
      if (pictures === undefined || inputs.length > 1) throw notClip(batch.kind, inputs);
      feeds[info.name] = pictures;
    } else {
      const { ids, lengths, size, length } = batch;
      const isMask = /mask/i.test(info.name);
      if (!isMask && inputs.some(({ name }) => name !== info.name && !/mask/i.test(name)))
        throw notClip(batch.kind, inputs);
      feeds[info.name] = integers(isMask ? attentionMask(lengths, length) : ids, info, [size, length]);
    }
  }
  return feeds;
}

function notClip(kind: string, inputs: readonly TensorInfo[]): ClipgraphError {
  const found = inputs.map(({ name, type }) => `${name} (${type})`).join(', ');
  return new ClipgraphError(
    'MODEL_UNAVAILABLE',
    `The graph is no ${kind} tower of a CLIP: it takes ${found}.`,
  );
}
