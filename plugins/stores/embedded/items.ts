import type { Attachment, JsonObject, NewRow, Row } from 'clipgraph/store';
import { asText, damaged, textOf, type Database, type SqlValue } from './database.js';
import { checksum } from './format.js';

export const KINDS: readonly Attachment[] = ['thumbnail', 'original'];

/** What is kept of an item besides its id, its content's hash and its metadata. */
export type Head = Pick<Row, 'modality' | 'text' | 'source' | 'image' | 'origin' | 'addedAt' | 'attachments'>;

/** An item's record. Metadata stays text until somebody looks at it. */
export interface Item {
  /** The number of its row. */
  readonly row: number;
  readonly id: string;
  /** Hexadecimal. */
  readonly contentHash: string;
  readonly head: Head;
  readonly metadata: string;
}

/** A new row as a thread is given it: metadata as text, the vector apart. */
export interface PlainRow extends Omit<NewRow, 'vector' | 'metadata'> {
  readonly vector: undefined;
  readonly metadata: string | undefined;
}

/** A row as a thread gives it: metadata as text. */
export interface FoundRow extends Omit<Row, 'metadata'> {
  readonly metadata: string;
}

/** As it is selected, for `decodeItem`. */
export const ITEM_COLUMNS = `row, ${asText('id')}, hash, ${asText('head')}, crc, ${asText('metadata')}, metadata_crc`;

/** @throws STORE_UNAVAILABLE when it is not what was written */
export function decodeMetadata(file: string, row: number, bytes: SqlValue, crc: SqlValue): JsonObject {
  const text = textOf(bytes);
  if (text === undefined || checksum(row, text) !== crc) throw damaged(file);
  return JSON.parse(text) as JsonObject;
}

/** @throws STORE_UNAVAILABLE when it is not what was written */
export function decodeItem(file: string, values: readonly SqlValue[]): Item {
  const [row, idBytes, hash, headBytes, crc, metadataBytes, metadataCrc] = values;
  const [id, head, metadata] = [idBytes, headBytes, metadataBytes].map(textOf);
  if (
    typeof row !== 'number' ||
    id === undefined ||
    !Buffer.isBuffer(hash) ||
    head === undefined ||
    metadata === undefined
  ) {
    throw damaged(file);
  }
  const contentHash = hash.toString('hex');
  if (checksum(row, id, contentHash, head) !== crc || checksum(row, metadata) !== metadataCrc)
    throw damaged(file);
  return { row, id, contentHash, head: JSON.parse(head) as Head, metadata };
}

export function writeItem(database: Database, { row, id, contentHash, head, metadata }: Item): void {
  const text = JSON.stringify(head);
  const crc = checksum(row, id, contentHash, text);
  const hash = Buffer.from(contentHash, 'hex');
  database
    .prepare(
      `insert into items (row, id, hash, head, crc, metadata, metadata_crc) values (?, ?, ?, ?, ?, ?, ?) on conflict (row) do update set
       id = excluded.id, hash = excluded.hash, head = excluded.head, crc = excluded.crc,
       metadata = excluded.metadata, metadata_crc = excluded.metadata_crc`,
    )
    .run(row, id, hash, text, crc, metadata, checksum(row, metadata));
}

export function findItem(database: Database, id: string): Item | undefined {
  const found = database.prepare(`select ${ITEM_COLUMNS} from items where id = ?`).get(id);
  return found === undefined ? undefined : decodeItem(database.file, found);
}

/** @throws STORE_UNAVAILABLE when there is none, where there has to be one */
export function itemAt(database: Database, row: number): Item {
  const found = database.prepare(`select ${ITEM_COLUMNS} from items where row = ?`).get(row);
  if (found === undefined) throw damaged(database.file);
  return decodeItem(database.file, found);
}

/**
 * Makes sure that an id that the index of ids does not have is really not there: had the index lost it to damage, its
 * neighbours there would not be those of the items themselves, or out of order.
 *
 * @throws STORE_UNAVAILABLE
 */
export function checkMissing(database: Database, id: string): void {
  for (const [relation, order] of [
    ['<', 'desc'],
    ['>', 'asc'],
  ] as const) {
    // prettier-ignore
    const neighbour = database
      .prepare(`select ${asText('id')}, row from items indexed by item_ids where id ${relation} ? order by id ${order} limit 1`)
      .get(id);
    if (neighbour === undefined) continue;
    const [bytes, row] = neighbour as [Buffer, number];
    const theirs = textOf(bytes) ?? '';
    const isInOrder = Buffer.compare(Buffer.from(theirs), Buffer.from(id)) < 0 === (relation === '<');
    if (!isInOrder || itemAt(database, row).id !== theirs) throw damaged(database.file);
  }
}

/** Where the bytes beside a row are. */
export function placeOf(row: number, kind: Attachment): number {
  return row * KINDS.length + KINDS.indexOf(kind);
}
