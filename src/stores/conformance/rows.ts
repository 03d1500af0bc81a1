import { createHash } from 'node:crypto';
import { unit } from '../../core/index.js';
import type { NewRow, Row } from '../contract.js';
import type { JsonObject } from '../json.js';
import { DIMENSIONS } from './place.js';

/** Numbers in [0, 1), the same for a seed. Source: Tommy Ettinger's mulberry32. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** About normal, with the variance 1/3. */
function bell(random: () => number): number {
  return random() + random() + random() + random() - 2;
}

/** Directions in clusters, as embeddings lie. */
export function vectorsOf(count: number, seed: number, dimensions = DIMENSIONS): Float32Array[] {
  const random = randomOf(seed);
  const centres = Array.from({ length: 12 }, () => Array.from({ length: dimensions }, () => bell(random)));
  return Array.from({ length: count }, () => {
    const centre = centres[Math.floor(random() * centres.length)];
    return unit(Float32Array.from(centre, (value) => value + 0.4 * bell(random)));
  });
}

export function hashOf(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** A text's row. */
export function rowOf(id: string, vector: Float32Array, given: Partial<NewRow> = {}): NewRow {
  const text = given.text === undefined ? `about ${id}` : given.text;
  return {
    id,
    vector,
    modality: 'TEXT',
    contentHash: hashOf(text ?? id),
    text,
    source: null,
    image: null,
    origin: null,
    addedAt: 1_700_000_000_000,
    ...given,
  };
}

/** `[count]` rows of ids from `r00000`, whose metadata is `{ n, tenth, rare }`. */
export function rowsOf(count: number, seed: number, dimensions = DIMENSIONS): NewRow[] {
  return vectorsOf(count, seed, dimensions).map((vector, i) =>
    rowOf(`r${String(i).padStart(5, '0')}`, vector, {
      metadata: { n: i, tenth: i % 10, rare: i % 1000 === 7 },
    }),
  );
}

/** What a store has of a new row: `before` is what was there under its id. */
export function keptOf(row: NewRow, before?: Row): Row {
  const isSame = before?.contentHash === row.contentHash;
  const { thumbnail, original, ...rest } = row;
  const has = (kind: 'thumbnail' | 'original', bytes: Uint8Array | undefined): boolean =>
    bytes !== undefined || (isSame && before.attachments.includes(kind));
  return {
    ...rest,
    metadata: row.metadata ?? before?.metadata ?? {},
    addedAt: isSame ? before.addedAt : row.addedAt,
    attachments: [
      ...(has('thumbnail', thumbnail) ? (['thumbnail'] as const) : []),
      ...(has('original', original) ? (['original'] as const) : []),
    ],
  };
}

/** A row with its metadata, as filters see it. */
export function withMetadata(id: string, vector: Float32Array, metadata: JsonObject): NewRow & Row {
  return { ...rowOf(id, vector), metadata, attachments: [] };
}

function plain({ vector, attachments, metadata, image, origin, ...rest }: Row): string {
  const sorted = (value: unknown): unknown =>
    typeof value !== 'object' || value === null
      ? value
      : Array.isArray(value)
        ? value.map(sorted)
        : Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, child]) => [key, sorted(child)]);
  const bits = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('hex');
  const parts = [rest, metadata, image, origin, [...attachments].sort()];
  return JSON.stringify([...parts.map(sorted), bits]);
}

/** Throws where a row is not what it should be, to the bit. */
export function checkSameRow(actual: Row | undefined, expected: Row | undefined): void {
  const [left, right] = [actual, expected].map((row) => (row === undefined ? 'no row' : plain(row)));
  if (left !== right) throw new Error(`expected ${right}, got ${left}`);
}
