import type { Model } from '../../models/index.js';
import type { JsonObject, NewRow, Row } from '../../stores/index.js';
import type { Modality } from '../content.js';
import type { Embedding, EmbeddingSpace, ImageInfo } from '../embedding.js';
import { pack } from '../given-vector.js';
import { hash } from '../identity.js';

/** Something that a collection keeps. */
export interface Item {
  /** Unique in its collection; 1 to 1,024 bytes of UTF-8. */
  readonly id: string;
  /** The collection's name. */
  readonly collection: string;
  readonly modality: Modality;
  /** Of a text, where the collection keeps texts. */
  readonly text: string | undefined;
  /** Where the content came from, as whoever added it said. */
  readonly source: string | undefined;
  readonly image: ImageInfo | undefined;
  readonly metadata: JsonObject;
  /** SHA-256 of the content in hexadecimal: `contentHash` says of what. */
  readonly contentHash: string;
  /** Whether a small picture of it is kept. */
  readonly hasThumbnail: boolean;
  readonly addedAt: Date;
  /** float32 `[dimensions]` of unit length. */
  readonly vector: Float32Array;
}

/** What JSON holds of an item: its vector in base64. */
function itemToJson(this: Item): object {
  return { ...this, vector: pack(this.vector) };
}

export function toItem(collection: string, row: Row): Item {
  const { id, modality, contentHash, metadata, vector, attachments } = row;
  const item: Item = {
    id,
    collection,
    modality,
    text: row.text ?? undefined,
    source: row.source ?? undefined,
    image: row.image ?? undefined,
    metadata,
    contentHash,
    hasThumbnail: attachments.includes('thumbnail'),
    addedAt: new Date(row.addedAt),
    vector,
  };
  return Object.defineProperty(item, 'toJSON', { value: itemToJson });
}

/** A row as it is kept once it is written over what is there. */
export function rowAfter(row: NewRow, before: Row | undefined): Row {
  const { thumbnail, original, metadata, ...rest } = row;
  const same = before?.contentHash === row.contentHash ? before : undefined;
  const has = (kind: 'thumbnail' | 'original', bytes: Uint8Array | undefined): boolean =>
    bytes !== undefined || same?.attachments.includes(kind) === true;
  return {
    ...rest,
    metadata: metadata ?? before?.metadata ?? {},
    addedAt: same?.addedAt ?? row.addedAt,
    attachments: [
      ...(has('thumbnail', thumbnail) ? (['thumbnail'] as const) : []),
      ...(has('original', original) ? (['original'] as const) : []),
    ],
  };
}

/** What an embedding is made of again. */
export type Embedded = Pick<Item, 'contentHash' | 'modality' | 'text' | 'vector' | 'image'>;

/** An item as an embedding, to be compared: what was not kept of it, such as its tokens, is not there. */
export function embeddingOf(item: Embedded, model: Model, space: EmbeddingSpace): Embedding {
  return {
    id: hash(['item', item.contentHash, space.checksum, space.dtype]),
    modality: item.modality,
    model,
    space,
    runtime: undefined,
    options: { model: model.id },
    text: item.text,
    vector: item.vector,
    norm: 1,
    isNormalized: true,
    tokens: undefined,
    image: item.image,
    isCached: true,
    timing: undefined,
  };
}
