/** Oids of PostgreSQL's own types, the same in every database. Source: pg_type.dat. */
export const TYPES = { bytea: 17, float4: 700, text: 25, float8: 701 } as const;

/** One dimension, its lower bound 1. Source: `array_recv` in PostgreSQL's arrayfuncs.c. */
function header(type: number, length: number, hasNulls: boolean, bytes: number): Buffer {
  const array = Buffer.allocUnsafe(20 + bytes);
  for (const [i, word] of [1, hasNulls ? 1 : 0, type, length, 1].entries()) array.writeInt32BE(word, i * 4);
  return array;
}

/** An array of bytes or texts, as PostgreSQL reads one in binary. */
export function bytesArray(type: number, values: readonly (Uint8Array | null)[]): Buffer {
  const bytes = values.reduce((sum, value) => sum + 4 + (value?.length ?? 0), 0);
  const array = header(type, values.length, values.includes(null), bytes);
  let at = 20;
  for (const value of values) {
    at = array.writeInt32BE(value === null ? -1 : value.length, at);
    if (value === null) continue;
    array.set(value, at);
    at += value.length;
  }
  return array;
}

export function textArray(values: readonly (string | null)[]): Buffer {
  return bytesArray(
    TYPES.text,
    values.map((value) => (value === null ? null : Buffer.from(value))),
  );
}

export function float8Array(values: readonly (number | null)[]): Buffer {
  return bytesArray(
    TYPES.float8,
    values.map((value) => {
      if (value === null) return null;
      const bytes = Buffer.allocUnsafe(8);
      bytes.writeDoubleBE(value);
      return bytes;
    }),
  );
}

/**
 * Vectors one after the other as one array of float4: the types of pgvector have other oids in every database.
 *
 * @param vectors float32 `[dimensions]` each
 */
export function float4Array(vectors: readonly Float32Array[], dimensions: number): Buffer {
  const length = vectors.length * dimensions;
  const array = header(TYPES.float4, length, false, length * 8);
  const view = new DataView(array.buffer, array.byteOffset + 20);
  let at = 0;
  for (const vector of vectors) {
    for (let i = 0; i < dimensions; i++, at += 8) {
      view.setInt32(at, 4);
      view.setFloat32(at + 4, vector[i]);
    }
  }
  return array;
}

/** A vector as pgvector sends and reads it in binary: how many, two bytes of nothing, the numbers. Source: `vector_recv`. */
export function encodeVector(vector: Float32Array): Buffer {
  const bytes = Buffer.alloc(4 + 4 * vector.length);
  bytes.writeInt16BE(vector.length, 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset + 4);
  for (let i = 0; i < vector.length; i++) view.setFloat32(4 * i, vector[i]);
  return bytes;
}

/** The same, read. */
export function decodeVector(bytes: Buffer): Float32Array {
  const vector = new Float32Array((bytes.length - 4) / 4);
  const view = new DataView(bytes.buffer, bytes.byteOffset + 4);
  for (let i = 0; i < vector.length; i++) vector[i] = view.getFloat32(4 * i);
  return vector;
}
