import { createHash } from 'node:crypto';
import { open, readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Collection } from '../../engine/index.js';
import { unit } from '../../core/similarity/index.js';
import { ClipgraphError } from '../../errors/index.js';
import type { NewRow, Space } from '../../stores/index.js';

/** Of an array of version 1.0, padded so that the count of rows fits in afterwards. Source: numpy.lib.format. */
const HEADER_BYTES = 128;
const MAGIC = Buffer.from('\x93NUMPY\x01\x00', 'latin1');
const HEADER = /^\{'descr': '<f4', 'fortran_order': False, 'shape': \((\d+), (\d+)\),? *\}/;

const sidesSchema = z.object({
  ids: z.array(z.string()),
  space: z.object({ checksum: z.string(), dtype: z.string(), dimensions: z.number() }).optional(),
});

/** The file of ids beside an array: `photos.npy` has `photos.ids.json`. */
export function idsFileOf(file: string): string {
  return `${file.replace(/\.npy$/i, '')}.ids.json`;
}

function headerOf(rows: number, dimensions: number): Buffer {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${dimensions}), }`;
  const length = Buffer.alloc(2);
  length.writeUInt16LE(HEADER_BYTES - MAGIC.length - length.length);
  const padded = `${header.padEnd(HEADER_BYTES - MAGIC.length - length.length - 1)}\n`;
  return Buffer.concat([MAGIC, length, Buffer.from(padded, 'latin1')]);
}

/**
 * The vectors of a collection as a NumPy array, float32 `[items, dimensions]`, as they were at one moment, and their ids
 * beside it. Neither file is there before it is whole.
 *
 * @returns how many
 */
export async function exportNpy(collection: Collection, file: string): Promise<number> {
  const { space, model } = collection.spec;
  const ids: string[] = [];
  const unfinished = `${file}.part`;
  const out = await open(unfinished, 'w');
  try {
    await out.write(headerOf(0, space.dimensions));
    for await (const { id, vector } of collection.rows()) {
      await out.write(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
      ids.push(id);
    }
    await out.write(headerOf(ids.length, space.dimensions), 0, HEADER_BYTES, 0);
    await out.sync();
  } finally {
    await out.close();
  }
  await writeFile(idsFileOf(file), `${JSON.stringify({ model, space, ids })}\n`);
  await rename(unfinished, file);
  return ids.length;
}

function refuse(file: string, reason: string, cause?: unknown): never {
  throw new ClipgraphError('BAD_USER_INPUT', `${file}: ${reason}`, { cause });
}

interface NpyArray {
  readonly ids: readonly string[];
  readonly space: Space | undefined;
  readonly dimensions: number;
  readonly rows: AsyncIterable<NewRow>;
}

async function readIds(file: string): Promise<z.infer<typeof sidesSchema>> {
  const side = idsFileOf(file);
  try {
    const given: unknown = JSON.parse(await readFile(side, 'utf8'));
    return sidesSchema.parse(Array.isArray(given) ? { ids: given } : given);
  } catch (cause) {
    return refuse(side, 'it must hold the ids of the rows: a JSON list of strings, or {"ids": […]}.', cause);
  }
}

/**
 * A NumPy array of float32 `[n, dimensions]` and the ids beside it. Vectors are scaled to length 1.
 *
 * @throws BAD_USER_INPUT for another array, or ids that do not fit
 */
export async function readNpy(file: string): Promise<NpyArray> {
  const input = await open(file).catch((cause: unknown) => refuse(file, 'it cannot be read.', cause));
  try {
    const start = Buffer.alloc(10);
    await input.read(start, 0, 10, 0);
    if (!start.subarray(0, MAGIC.length).equals(MAGIC)) {
      refuse(
        file,
        'it is no NumPy array of version 1.0. Write one: numpy.save(file, vectors.astype("float32")).',
      );
    }
    const from = 10 + start.readUInt16LE(8);
    const text = Buffer.alloc(from - 10);
    await input.read(text, 0, text.length, 10);
    const shape = HEADER.exec(text.toString('latin1').trim());
    if (shape === null) {
      refuse(
        file,
        'it must be float32, in C order, of two dimensions: numpy.ascontiguousarray(vectors, "<f4").',
      );
    }
    const [count, dimensions] = [Number(shape[1]), Number(shape[2])];
    const { size } = await input.stat();
    if (size !== from + 4 * count * dimensions)
      refuse(file, `it has ${size} bytes, which its shape does not fit.`);
    const { ids, space } = await readIds(file);
    if (new Set(ids).size !== ids.length) refuse(idsFileOf(file), 'an id stands twice in it.');
    if (ids.length !== count) refuse(idsFileOf(file), `it has ${ids.length} ids for ${count} rows.`);
    return { ids, space, dimensions, rows: rowsOf(file, from, dimensions, ids) };
  } finally {
    await input.close();
  }
}

async function* rowsOf(
  file: string,
  from: number,
  dimensions: number,
  ids: readonly string[],
): AsyncGenerator<NewRow, undefined> {
  const input = await open(file);
  try {
    for (const [i, id] of ids.entries()) {
      const bytes = new Uint8Array(4 * dimensions);
      await input.read(bytes, 0, bytes.length, from + i * bytes.length);
      const contentHash = createHash('sha256').update(bytes).digest('hex');
      const vector = unit(new Float32Array(bytes.buffer));
      yield {
        ...{ id, vector, modality: 'VECTOR', contentHash, text: null, source: null, image: null },
        ...{ metadata: {}, origin: null, addedAt: Date.now() },
      };
    }
  } finally {
    await input.close();
  }
  return undefined;
}
