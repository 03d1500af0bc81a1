import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rename, rm, writeFile } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import path from 'node:path';
import { ClipgraphError } from '../../errors/index.js';
import {
  byteLengthOf,
  DTYPE_BYTES,
  scalesOf,
  type Checkpoint,
  type StoredTensor,
} from '../../encoders/index.js';
import { halfToNumber, toHalves } from '../checkpoint/half.js';
import { fileError, writeError } from '../files/failures.js';
import { readBytes, readExactly, withFile } from '../files/read.js';
import { MANIFEST, type Manifest } from '../manifest.js';
import type { Model } from '../model.js';
import { partialFolder, removeLeftovers } from './leftovers.js';
import { quantize } from './quantize.js';
import { makeFolder } from '../files/make-folder.js';

/** The precisions that weights can be brought to. */
export const DTYPES = ['fp32', 'fp16', 'q8'] as const;
export type Dtype = (typeof DTYPES)[number];

/** The layers that are multiplied most; embeddings, norms, biases and the last projections stay as they are. */
const QUANTIZED = /\.(self_attn\.(q|k|v|out)_proj|mlp\.fc[12])\.weight$/;
const LARGEST_HALF = 65_504;
const WEIGHTS = 'model.safetensors';
/** Counted up when a conversion would give other numbers. */
const RECIPE = 3;

/** How large a tensor will be, before it is made. */
interface Planned {
  readonly name: string;
  readonly dtype: 'F32' | 'F16' | 'I8';
  readonly shape: readonly number[];
}

/** A linear layer's outputs and inputs. */
function sidesOf({ shape: [rows, columns], isTransposed = false }: StoredTensor): [number, number] {
  return isTransposed ? [columns, rows] : [rows, columns];
}

/** A linear layer that is multiplied much; not a convolution of the same name. */
function isQuantized(name: string, { shape }: StoredTensor): boolean {
  return QUANTIZED.test(name) && shape.length === 2;
}

function plan(name: string, source: StoredTensor, dtype: Dtype): Planned[] {
  if (dtype === 'q8' && isQuantized(name, source)) {
    const [outputs, inputs] = sidesOf(source);
    return [
      { name, dtype: 'I8', shape: [inputs, outputs] },
      { name: scalesOf(name), dtype: 'F32', shape: [outputs] },
    ];
  }
  const shape = source.isTransposed === true ? sidesOf(source) : source.shape;
  return [{ name, dtype: dtype === 'fp16' ? 'F16' : 'F32', shape }];
}

async function readFloats(folder: string, name: string, tensor: StoredTensor): Promise<Float32Array> {
  const { file, offset, length, dtype } = tensor;
  const bytes = await withFile(folder, file, ({ handle }) => readExactly(handle, length, offset));
  if (bytes === undefined) throw fileError(file, `ends within ${name}`);
  const values = new Float32Array(length / (DTYPE_BYTES[dtype] ?? 1));
  if (dtype === 'F32') Buffer.from(values.buffer).set(bytes);
  else if (dtype === 'F16')
    for (let i = 0; i < values.length; i++) values[i] = halfToNumber(bytes.readUInt16LE(2 * i));
  else if (dtype === 'BF16') {
    const bits = new Uint32Array(values.buffer);
    for (let i = 0; i < values.length; i++) bits[i] = bytes.readUInt16LE(2 * i) << 16;
  } else
    throw new ClipgraphError(
      'MODEL_UNAVAILABLE',
      `The model's weight ${name} is ${dtype}; F32, F16 and BF16 can be converted.`,
    );
  if (!values.every(Number.isFinite))
    throw new ClipgraphError(
      'MODEL_UNAVAILABLE',
      `The model's weight ${name} holds what is not a finite number.`,
    );
  return values;
}

function inHalves(name: string, values: Float32Array): Buffer {
  const large = values.find((value) => Math.abs(value) > LARGEST_HALF);
  if (large === undefined) return Buffer.from(toHalves(values).buffer);
  throw new ClipgraphError(
    'MODEL_UNAVAILABLE',
    `The model's weight ${name} is too large for fp16: ${large}.`,
  );
}

/** `[outputs, inputs]`, as linear layers usually are. */
function transpose(values: Float32Array, tensor: StoredTensor): Float32Array {
  const [outputs, inputs] = sidesOf(tensor);
  return Float32Array.from(values, (_, i) => values[(i % inputs) * outputs + Math.floor(i / inputs)]);
}

/** The bytes of what was planned for a tensor. */
async function convert(
  folder: string,
  name: string,
  source: StoredTensor,
  dtype: Planned['dtype'],
): Promise<Buffer[]> {
  const values = await readFloats(folder, name, source);
  if (dtype === 'I8') {
    const [outputs, inputs] = sidesOf(source);
    const isTransposed = source.isTransposed === true;
    const { weights, scales } = quantize({ values, outputs, inputs, isTransposed });
    return [Buffer.from(weights.buffer), Buffer.from(scales.buffer)];
  }
  const usual = source.isTransposed === true ? transpose(values, source) : values;
  return [dtype === 'F16' ? inHalves(name, usual) : Buffer.from(usual.buffer)];
}

async function writeSafetensors(
  folder: string,
  checkpoint: Checkpoint,
  dtype: Dtype,
  target: string,
): Promise<void> {
  const weights = [...checkpoint].filter(([, { dtype: type }]) => /^(F|BF)/.test(type));
  const planned = weights.map(([name, source]) => plan(name, source, dtype));
  let at = 0;
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  for (const { name, dtype: type, shape } of planned.flat()) {
    const length = byteLengthOf(type, shape);
    header[name] = { dtype: type, shape, data_offsets: [at, at + length] };
    at += length;
  }
  // The header's end is aligned, so that the tensors are.
  const json = JSON.stringify(header);
  const text = Buffer.from(json + ' '.repeat((8 - (Buffer.byteLength(json) % 8)) % 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const output = await open(target, 'w');
  try {
    await output.write(length);
    await output.write(text);
    for (const [i, [name, source]] of weights.entries()) {
      for (const bytes of await convert(folder, name, source, planned[i][0].dtype)) await output.write(bytes);
      await nextTurn();
    }
    await output.sync();
  } finally {
    await output.close();
  }
}

/**
 * Writes a model with its weights in another precision into a folder of its own, which can then be served as any folder.
 *
 * @param target appears when all of it is written; where somebody else has written it meanwhile, that one is kept
 * @throws MODEL_UNAVAILABLE for a model of ONNX graphs, weights that the precision can't hold, or a folder that can't be written
 */
export async function convertModel(model: Model, dtype: Dtype, target: string): Promise<void> {
  const checkpoint = await model.checkpoint();
  const temporary = partialFolder(target);
  await removeLeftovers(path.dirname(target));
  try {
    await makeFolder(temporary);
    await writeModel(model, checkpoint, dtype, temporary);
    await rename(temporary, target).catch((error: unknown) => {
      // Two that convert the same model make the same files: the first one's are taken.
      if (!existsSync(path.join(target, MANIFEST))) throw error;
    });
  } catch (cause) {
    throw writeError(cause);
  } finally {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function writeModel(model: Model, checkpoint: Checkpoint, dtype: Dtype, folder: string): Promise<void> {
  const { tokenizer } = model.manifest;
  await writeSafetensors(model.folder, checkpoint, dtype, path.join(folder, WEIGHTS));
  const copied = Object.fromEntries(
    Object.entries(tokenizer ?? {}).map(([role, file]) => [role, path.basename(file)]),
  ) as Manifest['tokenizer'];
  for (const file of Object.values(tokenizer ?? {})) {
    await writeFile(path.join(folder, path.basename(file)), await readBytes(model.folder, file));
  }
  // All tensors go into one file, a last layer's of its own among them.
  const own = { dtype, weights: WEIGHTS, projection: undefined, tokenizer: tokenizer && copied };
  const manifest = { ...model.manifest, ...own };
  await writeFile(path.join(folder, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/**
 * How far off quantized weights are, as a part of their size: root mean square over all of a model's that are quantized.
 *
 * @param largest the largest whole number
 */
export async function quantizedError(model: Model, largest: number): Promise<number> {
  let [error, size] = [0, 0];
  for (const [name, source] of await model.checkpoint()) {
    if (!isQuantized(name, source)) continue;
    const values = await readFloats(model.folder, name, source);
    const [outputs, inputs] = sidesOf(source);
    const isTransposed = source.isTransposed === true;
    const { weights, scales } = quantize({ values, outputs, inputs, isTransposed }, largest);
    for (const [i, value] of values.entries()) {
      const [output, input] = isTransposed
        ? [i % outputs, Math.floor(i / outputs)]
        : [Math.floor(i / inputs), i % inputs];
      error += (value - weights[input * outputs + output] * scales[output]) ** 2;
      size += value ** 2;
    }
  }
  return Math.sqrt(error / size);
}

/** Where a converted model is kept: by what it was made from, and by how. */
export async function convertedFolder(model: Model, dtype: Dtype, cacheFolder: string): Promise<string> {
  const made = createHash('sha256').update(
    JSON.stringify([await model.checksum(), dtype, RECIPE, model.manifest.id]),
  );
  return path.join(cacheFolder, made.digest('hex').slice(0, 32));
}
