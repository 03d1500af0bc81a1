import { ClipgraphError, type CollectionSpec } from 'clipgraph/store';
import type { Connections } from './connections.js';
import { isMissingTable } from './failures.js';
import type { Names } from './names.js';
import type { Settings } from './options.js';

/** Where a collection is kept, and how it is reached. */
export interface Place {
  readonly connections: Connections;
  readonly settings: Settings;
  readonly names: Names;
  readonly spec: CollectionSpec;
  /** The collection's, which it keeps under whatever name. */
  readonly number: number;
  /** Of its items, with the schema. */
  readonly table: string;
  /** The schema of pgvector. */
  readonly types: string;
}

export function collectionNotFound(name: string): ClipgraphError {
  return new ClipgraphError('COLLECTION_NOT_FOUND', `There is no collection named "${name.slice(0, 64)}".`);
}

/** Says of a table that is not there, however deep the failure is, that the collection is gone. */
export function orNotFound({ spec }: Pick<Place, 'spec'>, error: unknown): unknown {
  const { cause } = (error ?? {}) as { cause?: unknown };
  return isMissingTable(error) || isMissingTable(cause) ? collectionNotFound(spec.name) : error;
}
