import { ClipgraphError } from '../../errors/index.js';
import type { SearchHit } from '../../stores/index.js';
import { hash } from '../identity.js';

/** Hexadecimal digits that tell one question from another. */
const MARK = 16;
/** A cursor of the longest id. */
const LONGEST = 8192;

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

/**
 * Where a page of hits ends: the last one's cosine and id, and what was asked, so that no other question goes on there.
 *
 * @param question all that determines the hits
 */
export function hitCursor(question: readonly unknown[], { cosine, id }: SearchHit): string {
  return write(question, [cosine, id]);
}

/** @throws BAD_USER_INPUT for a cursor of another question */
export function readHitCursor(question: readonly unknown[], cursor: string): SearchHit {
  const [cosine, id] = read(question, cursor);
  if (typeof cosine !== 'number' || typeof id !== 'string') refuse();
  return { cosine, id };
}

/** Where a page of items ends: the last one's id. */
export function itemCursor(question: readonly unknown[], id: string): string {
  return write(question, [id]);
}

/** @throws BAD_USER_INPUT for a cursor of another question */
export function readItemCursor(question: readonly unknown[], cursor: string): string {
  const [id] = read(question, cursor);
  if (typeof id !== 'string') refuse();
  return id;
}
