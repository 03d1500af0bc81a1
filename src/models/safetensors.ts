import { existsSync } from 'node:fs';
import { open, readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { ClipgraphError } from '../errors/index.js';

const tensorSchema = z.object({
  dtype: z.string(),
  shape: z.array(z.number().int().nonnegative()),
  data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
});

const headerSchema = z.record(z.string(), z.union([tensorSchema, z.record(z.string(), z.string())]));
const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

const WEIGHTS = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

/** No header of a CLIP comes near; a file that declares more is not read. */
const MAX_HEADER_BYTES = 100 * 2 ** 20;

/** Bytes of one value. */
const SIZES: Readonly<Record<string, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I8: 1,
  U8: 1,
};

/** One tensor of a checkpoint and where its bytes are. */
export interface StoredTensor {
  /** As safetensors names it: F32, F16, BF16, … */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Name of the file, in the model's folder. */
  readonly file: string;
  /** Of its first byte, from the beginning of the file. */
  readonly offset: number;
  readonly length: number;
}

/** Tensors by name. */
export type Checkpoint = ReadonlyMap<string, StoredTensor>;

/**
 * The tensors of one safetensors file: 8 bytes of header length, a JSON header, then the data.
 *
 * @throws MODEL_UNAVAILABLE when the file is damaged
 */
async function readHeader(folder: string, file: string): Promise<Checkpoint> {
  const handle = await open(path.join(folder, file));
  try {
    const { size } = await handle.stat();
    const prefix = Buffer.alloc(8);
    await handle.read(prefix, 0, 8, 0);
    const headerBytes = Number(prefix.readBigUInt64LE());
    if (size < 8 || headerBytes > Math.min(size - 8, MAX_HEADER_BYTES))
      throw damaged('its header is longer than the file');
    const header = Buffer.alloc(headerBytes);
    await handle.read(header, 0, headerBytes, 8);
    const parsed = headerSchema.safeParse(parseHeader(header.toString('utf8')));
    if (!parsed.success) throw damaged('its header does not describe tensors');
    const from = 8 + headerBytes;
    return new Map(
      tensorsOf(parsed.data).map(([name, entry]) => {
        const {
          dtype,
          shape,
          data_offsets: [begin, end],
        } = entry;
        const expected = shape.reduce((product, dim) => product * dim, SIZES[dtype] ?? NaN);
        if (end < begin || from + end > size) throw damaged(`${name} lies beyond the end`);
        if (dtype in SIZES && end - begin !== expected)
          throw damaged(`${name} has another size than its shape`);
        return [name, { dtype, shape, file, offset: from + begin, length: end - begin }];
      }),
    );
  } finally {
    await handle.close();
  }
}

/** What is in a header beside what its writer says of itself. */
function tensorsOf(header: z.infer<typeof headerSchema>) {
  return Object.entries(header).filter(
    (entry): entry is [string, z.infer<typeof tensorSchema>] => entry[0] !== '__metadata__',
  );
}

/**
 * Where a checkpoint's files really are: the hub's cache has links in the place of files, and ONNX Runtime refuses those
 * that lead out of a folder.
 *
 * @returns the folder that holds them all, and the same tensors with the files' names there
 * @throws MODEL_UNAVAILABLE when they lie in different folders
 */
export async function resolveLinks(
  folder: string,
  checkpoint: Checkpoint,
): Promise<{ readonly folder: string; readonly checkpoint: Checkpoint }> {
  const files = [...new Set([...checkpoint.values()].map(({ file }) => file))];
  const real = new Map(
    await Promise.all(files.map(async (file) => [file, await realpath(path.join(folder, file))] as const)),
  );
  const folders = new Set([...real.values()].map((file) => path.dirname(file)));
  if (folders.size !== 1) throw damaged('its shards lie in different folders');
  const resolved = [...checkpoint].map(([name, tensor]) => {
    return [name, { ...tensor, file: path.basename(real.get(tensor.file) ?? tensor.file) }] as const;
  });
  return { folder: [...folders][0], checkpoint: new Map(resolved) };
}

/**
 * The tensors of a model's folder: of `model.safetensors`, or of the shards that its index names.
 *
 * @returns undefined when there are none
 * @throws MODEL_UNAVAILABLE when a file is damaged or missing
 */
export async function openCheckpoint(folder: string): Promise<Checkpoint | undefined> {
  if (existsSync(path.join(folder, WEIGHTS))) return readHeader(folder, WEIGHTS);
  if (!existsSync(path.join(folder, INDEX))) return undefined;
  const index = indexSchema.safeParse(parseHeader(await readFile(path.join(folder, INDEX), 'utf8')));
  if (!index.success) throw damaged('its index does not say where the tensors are');
  const files = [...new Set(Object.values(index.data.weight_map))];
  const outside = files.find((file) => path.basename(file) !== file || file === '..');
  if (outside !== undefined) throw damaged('its index names a file outside of the folder');
  const missing = files.find((file) => !existsSync(path.join(folder, file)));
  if (missing !== undefined) throw damaged(`${missing}, which its index names, is missing`);
  const shards = await Promise.all(files.map((file) => readHeader(folder, file)));
  return new Map(shards.flatMap((shard) => [...shard]));
}

/**
 * One scalar.
 *
 * @returns undefined when there is no such tensor
 * @throws MODEL_UNAVAILABLE when it is none
 */
export async function readScalar(
  folder: string,
  checkpoint: Checkpoint,
  name: string,
): Promise<number | undefined> {
  const tensor = checkpoint.get(name);
  if (tensor === undefined) return undefined;
  const { dtype, shape, file, offset, length } = tensor;
  if (shape.some((dim) => dim !== 1)) throw damaged(`${name} is not one number`);
  const handle = await open(path.join(folder, file));
  try {
    const bytes = Buffer.alloc(length);
    await handle.read(bytes, 0, length, offset);
    if (dtype === 'F32') return bytes.readFloatLE();
    if (dtype === 'BF16') return Buffer.concat([Buffer.alloc(2), bytes]).readFloatLE();
    if (dtype === 'F16') return halfToNumber(bytes.readUInt16LE());
    throw damaged(`${name} is ${dtype}, not a float`);
  } finally {
    await handle.close();
  }
}

/** IEEE 754 half precision: a sign, 5 bits of exponent, 10 of fraction. */
function halfToNumber(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function parseHeader(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged('its header is not JSON', cause);
  }
}

function damaged(what: string, cause?: unknown): ClipgraphError {
  return new ClipgraphError('MODEL_UNAVAILABLE', `The model's safetensors file is damaged: ${what}.`, {
    cause,
  });
}
