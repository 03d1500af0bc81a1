import type { JsonObject, Row, StoredImage } from 'clipgraph/store';
import { decodeVector } from './binary.js';

/** A row as it comes from the table of items. */
export interface Item {
  readonly id: string;
  readonly vector: Buffer;
  readonly modality: Row['modality'];
  readonly content_hash: string;
  readonly text: string | null;
  readonly source: string | null;
  readonly image: StoredImage | null;
  readonly metadata: JsonObject | null;
  readonly origin_root: string | null;
  readonly origin_path: string | null;
  readonly origin_bytes: number | null;
  readonly origin_modified: number | null;
  readonly added_at: number;
  readonly has_thumbnail: boolean;
  readonly has_original: boolean;
}

/** @param types the schema of pgvector */
export function itemColumns(types: string): string {
  return `id, ${types}.vector_send(vector) as vector, modality, content_hash, text, source, image, metadata, origin_root,
    origin_path, origin_bytes, origin_modified, added_at, thumbnail is not null as has_thumbnail, original is not null as has_original`;
}

export function rowOf(item: Item): Row {
  const { id, modality, text, source, image, origin_root: root, origin_path: path } = item;
  return {
    id,
    vector: decodeVector(item.vector),
    modality,
    contentHash: item.content_hash,
    text,
    source,
    image,
    metadata: item.metadata ?? {},
    origin:
      root === null || path === null
        ? null
        : { root, path, bytes: item.origin_bytes ?? 0, modifiedMs: item.origin_modified ?? 0 },
    addedAt: item.added_at,
    attachments: [
      ...(item.has_thumbnail ? (['thumbnail'] as const) : []),
      ...(item.has_original ? (['original'] as const) : []),
    ],
  };
}
