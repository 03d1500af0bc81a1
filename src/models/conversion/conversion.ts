import { createHash, randomUUID } from 'node:crypto';
import { copyFile, mkdir, open, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import path from 'node:path';
import { ClipgraphError } from '../../errors/index.js';
import {
  byteLengthOf,
  DTYPE_BYTES,
  scalesOf,
  type Checkpoint,
  type StoredTensor,
} from '../checkpoint/checkpoint.js';
import { halfToNumber, toHalves } from '../checkpoint/half.js';
import type { Manifest } from '../manifest.js';
import type { Model } from '../model.js';

/** The precisions that weights can be brought to. */
export const DTYPES = ['fp32', 'fp16', 'q8'] as const;
export type Dtype = (typeof DTYPES)[number];

/** The layers that are multiplied most; embeddings, norms, biases and the last projections stay as they are. */
const QUANTIZED = /\.(self_attn\.(q|k|v|out)_proj|mlp\.fc[12])\.weight$/;
const LARGEST_INT8 = 127;
const LARGEST_HALF = 65_504;
const WEIGHTS = 'model.safetensors';
/** Counted up when a conversion would give other numbers. */
const RECIPE = 1;

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

function plan(name: string, source: StoredTensor, dtype: Dtype): Planned[] {
  if (dtype === 'q8' && QUANTIZED.test(name)) {
    const [outputs, inputs] = sidesOf(source);
    return [
      { name, dtype: 'I8', shape: [inputs, outputs] },
      { name: scalesOf(name), dtype: 'F32', shape: [outputs] },
    ];
  }
  const shape = source.isTransposed === true ? sidesOf(source) : source.shape;
  return [{ name, dtype: dtype === 'fp16' ? 'F16' : 'F32', shape }];
}

async function readFloats(
  files: Map<string, FileHandle>,
  name: string,
  tensor: StoredTensor,
): Promise<Float32Array> {
  const { file, offset, length, dtype } = tensor;
  const bytes = Buffer.alloc(length);
  await files.get(file)?.read(bytes, 0, length, offset);
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

/** One symmetric scale for each output; the weights `[inputs, outputs]`, as ONNX multiplies them. */
function quantize(values: Float32Array, tensor: StoredTensor): { weights: Int8Array; scales: Float32Array } {
  const [outputs, inputs] = sidesOf(tensor);
  const [step, stride] = tensor.isTransposed === true ? [outputs, 1] : [1, inputs];
  const weights = new Int8Array(outputs * inputs);
  const scales = new Float32Array(outputs);
  for (let output = 0; output < outputs; output++) {
    const from = output * stride;
    let largest = 0;
    for (let input = 0; input < inputs; input++)
      largest = Math.max(largest, Math.abs(values[from + input * step]));
    const scale = largest === 0 ? 1 : largest / LARGEST_INT8;
    scales[output] = scale;
    for (let input = 0; input < inputs; input++) {
      weights[input * outputs + output] = Math.round(values[from + input * step] / scale);
    }
  }
  return { weights, scales };
}

/** The bytes of what was planned for a tensor. */
async function convert(
  files: Map<string, FileHandle>,
  name: string,
  source: StoredTensor,
  dtype: Planned['dtype'],
): Promise<Buffer[]> {
  const values = await readFloats(files, name, source);
  if (dtype === 'I8') {
    const { weights, scales } = quantize(values, source);
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
  const files = new Map<string, FileHandle>();
  const output = await open(target, 'w');
  try {
    await output.write(length);
    await output.write(text);
    for (const [i, [name, source]] of weights.entries()) {
      if (!files.has(source.file)) files.set(source.file, await open(path.join(folder, source.file)));
      for (const bytes of await convert(files, name, source, planned[i][0].dtype)) await output.write(bytes);
      await nextTurn();
    }
    await output.sync();
  } finally {
    await output.close();
    await Promise.all([...files.values()].map((file) => file.close()));
  }
}

/**
 * Writes a model with its weights in another precision into a folder of its own, which can then be served as any folder.
 *
 * @param target must not exist yet; it appears when all of it is written
 * @throws MODEL_UNAVAILABLE for a model of ONNX graphs, or weights that the precision can't hold
 */
export async function convertModel(model: Model, dtype: Dtype, target: string): Promise<void> {
  const checkpoint = await model.checkpoint();
  const { tokenizer } = model.manifest;
  const temporary = `${target}.${randomUUID()}`;
  await mkdir(temporary, { recursive: true });
  try {
    await writeSafetensors(model.folder, checkpoint, dtype, path.join(temporary, WEIGHTS));
    const copied = Object.fromEntries(
      Object.entries(tokenizer ?? {}).map(([role, file]) => [role, path.basename(file)]),
    ) as Manifest['tokenizer'];
    for (const file of Object.values(tokenizer ?? {})) {
      await copyFile(path.join(model.folder, file), path.join(temporary, path.basename(file)));
    }
    const manifest = { ...model.manifest, dtype, weights: WEIGHTS, tokenizer: tokenizer && copied };
    await writeFile(path.join(temporary, 'clipgraph.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
    await rename(temporary, target);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Where a converted model is kept: by what it was made from, and by how. */
export async function convertedFolder(model: Model, dtype: Dtype, cacheFolder: string): Promise<string> {
  const made = createHash('sha256').update(
    JSON.stringify([await model.checksum(), dtype, RECIPE, model.manifest.id]),
  );
  return path.join(cacheFolder, made.digest('hex').slice(0, 32));
}
