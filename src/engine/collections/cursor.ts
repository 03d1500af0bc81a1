import { norm } from '../../core/similarity/index.js';
import { ClipgraphError } from '../../errors/index.js';
import type { SearchHit } from '../../stores/index.js';
import { pack } from '../given-vector.js';
import { isId } from './item-id.js';
import { hash } from '../identity.js';

/** Hexadecimal digits that tell one question from another. */
const MARK = 16;
/** A cursor of the longest id and a long vector. */
const LONGEST = 128 * 1024;
/** How far from 1 the length of a unit vector of float32 may be. */
const TOLERANCE = 1e-3;

function refuse(): never {
  const message =
    'The cursor is not one of this question: give `after` an endCursor of the same search, with the same filter.';
  throw new ClipgraphError('BAD_USER_INPUT', message, { input: { argument: 'after', index: 0 } });
}

function write(question: readonly unknown[], place: readonly unknown[]): string {
  return Buffer.from(JSON.stringify([hash(question).slice(0, MARK), ...place])).toString('base64url');
}

function read(question: readonly unknown[], cursor: string): unknown[] {
  if (typeof cursor !== 'string' || cursor.length > LONGEST) refuse();
  let place: unknown;
  try {
    place = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    refuse();
  }
  if (!Array.isArray(place) || place[0] !== hash(question).slice(0, MARK)) refuse();
  return place.slice(1) as unknown[];
}

/** Where a page of hits ends, and the vector that they were found with, where making it again gives nearly the same. */
export interface HitPlace {
  readonly after: SearchHit;
  readonly vector: Float32Array | undefined;
}

/**
 * Where a page of hits ends: the last one's cosine and id, and what was asked, so that no other question goes on there. A
 * runtime's last bits depend on what else is in its batch: with the vector itself no hit comes twice.
 *
 * @param question all that determines the hits
 */
export function hitCursor(question: readonly unknown[], { after, vector }: HitPlace): string {
  const { cosine, id } = after;
  return write(question, vector === undefined ? [cosine, id] : [cosine, id, pack(vector)]);
}

/** @throws BAD_USER_INPUT for a cursor of another question */
export function readHitCursor(question: readonly unknown[], cursor: string, dimensions: number): HitPlace {
  const [cosine, id, packed] = read(question, cursor);
  if (typeof cosine !== 'number' || !isId(id)) refuse();
  const after = { cosine, id };
  if (packed === undefined) return { after, vector: undefined };
  if (typeof packed !== 'string') refuse();
  const bytes = Uint8Array.from(Buffer.from(packed, 'base64'));
  if (bytes.length !== dimensions * 4) refuse();
  const vector = new Float32Array(bytes.buffer);
  if (!(Math.abs(norm(vector) - 1) < TOLERANCE)) refuse();
  return { after, vector };
}

/** Where a page of items ends: the last one's id. */
export function itemCursor(question: readonly unknown[], id: string): string {
  return write(question, [id]);
}

/** @throws BAD_USER_INPUT for a cursor of another question */
export function readItemCursor(question: readonly unknown[], cursor: string): string {
  const [id] = read(question, cursor);
  if (!isId(id)) refuse();
  return id;
}
