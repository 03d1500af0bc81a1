import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { damaged, filesOf, withUsualNames, type Checkpoint } from '../../encoders/index.js';
import { parseJson } from '../files/json.js';
import { readExactly, readText, withFile } from '../files/read.js';
import { halfToNumber } from './half.js';
import { readPytorch } from './pytorch.js';
import { readSafetensors } from './safetensors.js';

/** Where a model's weights may be, the preferred first. */
export const WEIGHT_FILES: readonly string[] = [
  'model.safetensors',
  'model.safetensors.index.json',
  'open_clip_model.safetensors',
  'model.fp16.safetensors',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
  'open_clip_pytorch_model.bin',
];

const INDEX = '.index.json';
const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

export function isPickled(file: string): boolean {
  return /\.bin(\.index\.json)?$/.test(file);
}

function formatOf(file: string): string {
  return isPickled(file) ? 'PyTorch' : 'safetensors';
}

/**
 * The files that an index names.
 *
 * @throws MODEL_UNAVAILABLE when it does not say, or names a file elsewhere
 */
export function shardsOf(index: string, text: string): string[] {
  const parsed = indexSchema.safeParse(parseJson(index, text));
  if (!parsed.success) throw damaged(formatOf(index), 'its index does not say where the tensors are');
  const files = [...new Set(Object.values(parsed.data.weight_map))];
  const outside = files.find((file) => !/^[^\\/]+$/.test(file) || file === '..' || file === '.');
  if (outside !== undefined) throw damaged(formatOf(index), 'its index names a file outside of the folder');
  const folder = path.posix.dirname(index.split(path.sep).join('/'));
  return files.map((file) => (folder === '.' ? file : `${folder}/${file}`));
}

/**
 * The tensors of a checkpoint, under transformers' names.
 *
 * @param file relative to the model's folder: the checkpoint, or the index of its shards
 * @param projection a last layer in a checkpoint of its own
 * @throws MODEL_UNAVAILABLE when a file is damaged or missing
 */
export async function openCheckpoint(folder: string, file: string, projection?: string): Promise<Checkpoint> {
  const own = file.endsWith(INDEX) ? shardsOf(file, await readText(folder, file)) : [file];
  const files = projection === undefined ? own : [...own, projection];
  const missing = files.find((name) => !existsSync(path.join(folder, name)));
  if (missing !== undefined) throw damaged(formatOf(file), `${path.basename(missing)} is missing`);
  const read = (name: string) => (isPickled(name) ? readPytorch : readSafetensors)(folder, name);
  const shards = await Promise.all(files.map(read));
  return withUsualNames(new Map(shards.flatMap((shard) => [...shard])));
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
  const files = filesOf(checkpoint);
  const real = new Map(
    await Promise.all(files.map(async (file) => [file, await realpath(path.join(folder, file))] as const)),
  );
  const common = commonFolder([...real.values()].map((file) => path.dirname(file)));
  const isInside = common !== undefined && isWithin(await realpath(folder), common);
  const isOne = new Set([...real.values()].map((file) => path.dirname(file))).size === 1;
  if (common === undefined || !(isOne || isInside))
    throw damaged(formatOf(files[0]), 'its shards lie in different folders');
  const resolved = [...checkpoint].map(([name, tensor]) => {
    const file = path.relative(common, real.get(tensor.file) ?? tensor.file);
    return [name, { ...tensor, file: file.split(path.sep).join('/') }] as const;
  });
  return { folder: common, checkpoint: new Map(resolved) };
}

function isWithin(folder: string, inner: string): boolean {
  return inner === folder || inner.startsWith(folder + path.sep);
}

/** The deepest of these folders that holds all of them; undefined where none does. */
function commonFolder(folders: readonly string[]): string | undefined {
  return folders.find((folder) => folders.every((other) => isWithin(folder, other)));
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
  if (shape.some((dim) => dim !== 1)) throw damaged(formatOf(file), `${name} is not one number`);
  return withFile(folder, file, async ({ handle }) => {
    const bytes = await readExactly(handle, length, offset);
    if (bytes === undefined) throw damaged(formatOf(file), 'it ends early');
    if (dtype === 'F32') return bytes.readFloatLE();
    if (dtype === 'BF16') return Buffer.concat([Buffer.alloc(2), bytes]).readFloatLE();
    if (dtype === 'F16') return halfToNumber(bytes.readUInt16LE());
    throw damaged(formatOf(file), `${name} is ${dtype}, not a float`);
  });
}
