import { ClipgraphError } from '../errors/index.js';
import type { NewRow } from './contract.js';
import type { Json } from './json.js';

const LONGEST_ID = 1024;
const DEEPEST = 32;
/** How far from 1 the length of a unit vector of float32 may be. */
const TOLERANCE = 1e-3;
const LONE_SURROGATE = /\p{Surrogate}/u;

function refuse(message: string): never {
  throw new ClipgraphError('BAD_USER_INPUT', message);
}

/** Text that every store can keep: without U+0000 and halves of surrogate pairs. */
function checkString(value: string, what: string): void {
  if (value.includes('\0')) refuse(`${what} holds U+0000, which no database keeps; leave it out.`);
  if (LONE_SURROGATE.test(value)) {
    refuse(`${what} holds half of a surrogate pair, which is no text; send it as UTF-8.`);
  }
}

/**
 * @throws BAD_USER_INPUT
 */
export function checkId(id: string): void {
  const bytes = Buffer.byteLength(id);
  if (bytes < 1 || bytes > LONGEST_ID) {
    refuse(`An item's id has 1 to ${LONGEST_ID} bytes of UTF-8; this one has ${bytes}.`);
  }
  checkString(id, "An item's id");
}

function checkJson(value: Json, depth: number): void {
  if (depth > DEEPEST) refuse(`Metadata may be nested ${DEEPEST} levels deep, not more.`);
  if (typeof value === 'string') {
    checkString(value, 'A text in the metadata');
    return;
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    refuse(`Metadata holds ${value}, which JSON cannot say.`);
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    checkString(key, 'A key in the metadata');
    checkJson(child, depth + 1);
  }
}

/**
 * Whether a row can be kept, the same for every store.
 *
 * @throws BAD_USER_INPUT, DIMENSION_MISMATCH, INVALID_VECTOR
 */
export function checkRow(
  { id, vector, text, source, metadata, contentHash }: NewRow,
  dimensions: number,
): void {
  checkId(id);
  if (vector.length !== dimensions) {
    const message = `A vector of ${vector.length} numbers cannot be kept in a collection of ${dimensions}.`;
    throw new ClipgraphError('DIMENSION_MISMATCH', message);
  }
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (!(Math.abs(squares - 1) < TOLERANCE)) {
    const message = `A vector that is kept has length 1; this one has ${Math.sqrt(squares)}.`;
    throw new ClipgraphError('INVALID_VECTOR', message);
  }
  if (!/^[0-9a-f]{64}$/.test(contentHash)) refuse('A content hash is SHA-256 in lower-case hexadecimal.');
  if (text !== null) checkString(text, 'The text');
  if (source !== null) checkString(source, 'The source');
  if (metadata !== undefined) checkJson(metadata, 1);
}
