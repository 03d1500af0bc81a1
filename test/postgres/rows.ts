import { createHash, randomBytes } from 'node:crypto';
import { cosine } from '../../src/core/index.js';
import {
  compareBytes,
  type CollectionSpec,
  type NewRow,
  type SearchHit,
  type StorePlugin,
} from '../../src/stores/index.js';
import postgres from '../../plugins/stores/postgres/index.js';

/** A store in a schema of its own. */
export function storeAt(url: string, options: object = {}): StorePlugin {
  const schema = `test_${randomBytes(6).toString('hex')}`;
  return postgres.create({ url, schema, ...options });
}

export function specOf(name: string, dimensions = 8): CollectionSpec {
  return {
    name,
    description: null,
    space: { checksum: 'c'.repeat(64), dtype: 'fp32', dimensions },
    model: 'test',
    thumbnails: false,
    keepText: true,
    keepOriginals: false,
    createdAt: 1_700_000_000_000,
  };
}

export function newRow(id: string, vector: Float32Array, given: Partial<NewRow> = {}): NewRow {
  return {
    id,
    vector,
    modality: 'TEXT',
    contentHash: createHash('sha256').update(id).digest('hex'),
    text: null,
    source: null,
    image: null,
    origin: null,
    addedAt: 1_700_000_000_000,
    ...given,
  };
}

/** The best by a plain loop in float64. */
export function bestByLoop(rows: readonly NewRow[], query: Float32Array, limit: number): SearchHit[] {
  return rows
    .map(({ id, vector }) => ({ id, cosine: cosine(query, vector) }))
    .sort((a, b) => b.cosine - a.cosine || compareBytes(a.id, b.id))
    .slice(0, limit);
}
