import { open } from 'node:fs/promises';
import { z } from 'zod';
import { ClipgraphError } from '../errors/index.js';

const tensorSchema = z.object({
  dtype: z.string(),
  shape: z.array(z.number().int().nonnegative()),
  data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
});

/** No header of a CLIP comes near; a file that declares more is not read. */
const MAX_HEADER_BYTES = 100 * 2 ** 20;

/**
 * Reads one float32 scalar from a safetensors file: 8 bytes of header length, a JSON header, then the data.
 *
 * @returns undefined when there is no such tensor
 * @throws MODEL_UNAVAILABLE when the file is damaged
 */
export async function readScalar(file: string, name: string): Promise<number | undefined> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const prefix = Buffer.alloc(8);
    await handle.read(prefix, 0, 8, 0);
    const headerBytes = Number(prefix.readBigUInt64LE());
    if (size < 8 || headerBytes > Math.min(size - 8, MAX_HEADER_BYTES))
      throw damaged('its header is longer than the file');
    const header = Buffer.alloc(headerBytes);
    await handle.read(header, 0, headerBytes, 8);
    const entry = (parseHeader(header.toString('utf8')) as Record<string, unknown>)[name];
    if (entry === undefined) return undefined;
    const tensor = tensorSchema.safeParse(entry);
    if (!tensor.success || tensor.data.dtype !== 'F32' || tensor.data.shape.some((dim) => dim !== 1)) {
      throw damaged(`${name} is not one float32`);
    }
    const at = 8 + headerBytes + tensor.data.data_offsets[0];
    if (at + 4 > size) throw damaged(`${name} lies beyond the end`);
    const value = Buffer.alloc(4);
    await handle.read(value, 0, 4, at);
    return value.readFloatLE();
  } finally {
    await handle.close();
  }
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
