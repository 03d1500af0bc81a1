import { norm, unit } from '../core/similarity/index.js';
import { ClipgraphError } from '../errors/index.js';
import type { Model } from '../models/index.js';
import type { GivenVector } from './content.js';
import type { Embedding } from './embedding.js';
import { hash } from './identity.js';
import type { EmbedOptions } from './options.js';
import { spaceOfGiven } from './space.js';

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function invalid(message: string): ClipgraphError {
  return new ClipgraphError('INVALID_VECTOR', message);
}

/** Base64 of a vector's little-endian float32 values; a `GivenVector` takes it back. */
export function pack({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

function unpack(base64: string): Float32Array {
  if (base64.length % 4 !== 0 || !BASE64.test(base64)) {
    throw invalid(
      'The vector is not base64: send standard base64 (RFC 4648) of little-endian float32 values.',
    );
  }
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length % 4 !== 0) {
    throw invalid(`The vector has ${bytes.length} bytes, which are no whole number of float32 values.`);
  }
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4));
}

/**
 * Refuses a vector of another length, before any of its numbers is looked at: the same one may be given in hundreds of
 * aliases.
 */
function checkLength(values: GivenVector['values'], { id, manifest: { dimensions } }: Model): void {
  const isPacked = typeof values === 'string';
  // Base64 of too few bytes is counted when it is known to be base64.
  const length = isPacked ? Math.floor((values.length * 3) / 16) : values.length;
  if (values.length === 0) throw invalid('The vector is empty.');
  if (length === dimensions || (isPacked && length < dimensions)) return;
  const message = `The vector has ${length} numbers; ${id} has embeddings of ${dimensions}.`;
  throw new ClipgraphError('DIMENSION_MISMATCH', message);
}

/**
 * The numbers of a vector that was made earlier, checked against the model that it is to be compared in.
 *
 * @returns float32 `[dimensions]`
 * @throws INVALID_VECTOR, DIMENSION_MISMATCH
 */
export function readGivenVector({ values }: GivenVector, model: Model): Float32Array {
  checkLength(values, model);
  const vector = typeof values === 'string' ? unpack(values) : Float32Array.from(values);
  if (vector.length === 0) throw invalid('The vector is empty.');
  if (!vector.every(Number.isFinite)) {
    throw invalid('The vector holds a value that is not a finite float32 number.');
  }
  const { dimensions } = model.manifest;
  if (vector.length !== dimensions) {
    const message = `The vector has ${vector.length} numbers; ${model.id} has embeddings of ${dimensions}.`;
    throw new ClipgraphError('DIMENSION_MISMATCH', message);
  }
  return vector;
}

/**
 * A vector that was made earlier, as an embedding: nothing runs.
 *
 * @throws MODEL_MISMATCH, INVALID_VECTOR, DIMENSION_MISMATCH, ZERO_VECTOR
 */
export async function embedGiven(
  given: GivenVector,
  model: Model,
  options: EmbedOptions,
): Promise<Embedding> {
  // Copied now: the caller may write into his own numbers later.
  const copy = new Promise<Float32Array>((resolve) => {
    resolve(readGivenVector(given, model));
  });
  copy.catch(() => undefined); // That it comes from elsewhere is the better reason to refuse it.
  const space = await spaceOfGiven(given, model);
  const values = await copy;
  const direction = unit(values);
  const isNormalized = options.normalize ?? true;
  return {
    id: hash(['vector', pack(values), space.checksum, space.dtype, isNormalized]),
    modality: 'VECTOR',
    model,
    space,
    runtime: undefined,
    options,
    text: undefined,
    vector: isNormalized ? direction : values,
    norm: norm(values),
    isNormalized,
    tokens: undefined,
    image: undefined,
    isCached: false,
    timing: undefined,
  };
}
