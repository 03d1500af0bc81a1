import {
  matches,
  type Attachment,
  type CollectionState,
  type Filter,
  type JsonObject,
} from 'clipgraph/store';
import { readBlock, type Block } from './blocks.js';
import { asText, damaged, look, textOf, type Database } from './database.js';
import { checksumOfBytes, type FileState } from './format.js';
import { checkMissing, findItem, itemAt, placeOf, type FoundRow, type Item } from './items.js';
import { readState } from './state.js';
import type { ScanPage } from './wire.js';

/** Reads rows' vectors; neighbours are in one block, which is read once. */
function vectorsIn(database: Database, { blockRows, dimensions }: FileState): (row: number) => Float32Array {
  const blocks = new Map<number, Block>();
  return (row) => {
    const number = Math.floor(row / blockRows);
    const block = blocks.get(number) ?? readBlock(database, number);
    const at = row % blockRows;
    if (block === undefined || ((block.present >>> at) & 1) === 0) throw damaged(database.file);
    blocks.set(number, block);
    return block.vectors.slice(at * dimensions, (at + 1) * dimensions);
  };
}

function foundRow(
  { row, id, contentHash, head, metadata }: Item,
  vectorOf: (row: number) => Float32Array,
): FoundRow {
  return { id, contentHash, ...head, metadata, vector: vectorOf(row) };
}

/** An item by its id. @throws STORE_UNAVAILABLE when only damage hides it */
function lookUp(database: Database, id: string): Item | undefined {
  const item = findItem(database, id);
  if (item === undefined) checkMissing(database, id);
  return item;
}

export function getRows(database: Database, ids: readonly string[]): (FoundRow | undefined)[] {
  return look(database, () => {
    const vectorOf = vectorsIn(database, readState(database));
    return ids.map((id) => {
      const item = lookUp(database, id);
      return item && foundRow(item, vectorOf);
    });
  });
}

export function getAttachment(database: Database, id: string, kind: Attachment): Uint8Array | undefined {
  return look(database, () => {
    const item = lookUp(database, id);
    if (item?.head.attachments.includes(kind) !== true) return undefined;
    const place = placeOf(item.row, kind);
    const found = database.prepare('select data, crc from attachments where place = ?').get(place);
    const [data, crc] = (found ?? []) as [Buffer?, number?];
    if (data === undefined || checksumOfBytes(place, data) !== crc) throw damaged(database.file);
    return new Uint8Array(data);
  });
}

export function stateOf(database: Database): CollectionState {
  return look(database, () => {
    const { count, updatedAt } = readState(database);
    const used = Number(database.pragma('page_count')) - Number(database.pragma('freelist_count'));
    return { count, updatedAt, bytes: used * Number(database.pragma('page_size')) };
  });
}

/** Items that are looked at between two looks at who else asks. */
const MOST_LOOKED_AT = 500;

/**
 * The next rows in the order of their ids: of at most so many items that are looked at. Inside a transaction.
 *
 * @param limit rows at most
 */
export function scanPage(
  database: Database,
  after: string | undefined,
  limit: number,
  filter: Filter | undefined,
): ScanPage {
  const vectorOf = vectorsIn(database, readState(database));
  const size = Math.min(MOST_LOOKED_AT, filter === undefined ? limit : MOST_LOOKED_AT);
  // From the index of ids, and each item by its row: that both agree is checked.
  const found = database
    .prepare(`select ${asText('id')}, row from items indexed by item_ids where id > ? order by id limit ?`)
    .all(after ?? '', size) as [Buffer, number][];
  const rows: FoundRow[] = [];
  let last: string | undefined;
  let lookedAt = 0;
  for (const [bytes, row] of found) {
    if (rows.length >= limit) break;
    const id = textOf(bytes);
    const item = itemAt(database, row);
    if (
      id === undefined ||
      item.id !== id ||
      (last !== undefined && Buffer.compare(Buffer.from(last), Buffer.from(id)) >= 0)
    ) {
      throw damaged(database.file);
    }
    last = id;
    lookedAt++;
    const metadata = filter && (JSON.parse(item.metadata) as JsonObject);
    if (filter !== undefined && metadata !== undefined && !matches({ ...item.head, metadata }, filter))
      continue;
    rows.push(foundRow(item, vectorOf));
  }
  const isEnd = found.length < size && lookedAt === found.length;
  return isEnd || last === undefined ? { rows } : { rows, next: last };
}
