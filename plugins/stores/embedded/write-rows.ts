import { emptyBlock, readBlock, writeBlock, type Block } from './blocks.js';
import { change, damaged, pause, type Database } from './database.js';
import { erasePacked } from './files.js';
import { checksumOfBytes, type FileState } from './format.js';
import { findItem, KINDS, placeOf, writeItem, type Item, type PlainRow } from './items.js';
import { checkMemory } from './memory.js';
import { readState, writeState } from './state.js';

/** After a change the file is left to others for a moment: who waits for a turn gets it. */
const GIVE_WAY_MS = 1;

/** The blocks that a change touches, each read once and written once. */
class Blocks {
  /** Whether a vector is not there any more, or is another one. */
  hasTaken = false;
  readonly #touched = new Map<number, Block>();

  constructor(
    private readonly database: Database,
    private readonly state: FileState,
  ) {}

  #take(row: number): { readonly block: Block; readonly at: number } {
    const { blockRows, dimensions } = this.state;
    const number = Math.floor(row / blockRows);
    let block = this.#touched.get(number);
    if (block === undefined) {
      block = readBlock(this.database, number);
      // One without rows has no bytes.
      if (block === undefined || block.vectors.length === 0) block = emptyBlock(blockRows, dimensions);
      this.#touched.set(number, block);
    }
    return { block, at: row % blockRows };
  }

  set(row: number, vector: Float32Array): void {
    const { dimensions } = this.state;
    const { block, at } = this.#take(row);
    const before = block.vectors.subarray(at * dimensions, (at + 1) * dimensions);
    const isThere = ((block.present >>> at) & 1) === 1;
    if (isThere && before.some((value, i) => value !== vector[i])) this.hasTaken = true;
    before.set(vector);
    block.present |= 1 << at;
  }

  remove(row: number): void {
    const { dimensions } = this.state;
    const { block, at } = this.#take(row);
    block.vectors.fill(0, at * dimensions, (at + 1) * dimensions);
    block.present &= ~(1 << at);
    this.hasTaken = true;
  }

  /** @returns what the state says from now on; packed vectors of what was taken away are gone with it */
  write(seq: number): Pick<FileState, 'seq' | 'takenAt'> {
    for (const [number, block] of this.#touched) writeBlock(this.database, number, seq, block);
    if (!this.hasTaken) return { seq };
    erasePacked(this.database.file);
    return { seq, takenAt: seq };
  }
}

const FIND_BLOCKS = 'create index if not exists block_crcs on blocks (crc)';
const indexed = new WeakSet<Database>();

/** A file of before packed vectors were kept has no index that says which blocks they are of. */
function indexBlocks(database: Database): void {
  if (indexed.has(database)) return;
  database.exec(FIND_BLOCKS);
  indexed.add(database);
}

/** Numbers for new rows: those of removed ones first. */
function* freeRows(database: Database, state: FileState): Generator<number, never, undefined> {
  const free = database.prepare('select row from free_rows order by row limit 1000');
  for (let found = free.all(); found.length > 0; found = free.all()) {
    for (const [row] of found as [number][]) {
      database.prepare('delete from free_rows where row = ?').run(row);
      yield row;
    }
  }
  for (let row = state.rows; ; row++) yield row;
}

function writeAttachments(database: Database, row: number, given: PlainRow, isSame: boolean): void {
  for (const kind of KINDS) {
    const place = placeOf(row, kind);
    const bytes = given[kind];
    if (bytes !== undefined) {
      database
        .prepare('insert or replace into attachments values (?, ?, ?)')
        .run(
          place,
          Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
          checksumOfBytes(place, bytes),
        );
    } else if (!isSame) database.prepare('delete from attachments where place = ?').run(place);
  }
}

function itemOf(row: number, given: PlainRow, before: Item | undefined): Item {
  const { id, contentHash, modality, text, source, image, origin } = given;
  const isSame = before?.contentHash === contentHash;
  return {
    row,
    id,
    contentHash,
    head: {
      modality,
      text,
      source,
      image,
      origin,
      addedAt: isSame ? before.head.addedAt : given.addedAt,
      attachments: KINDS.filter(
        (kind) => given[kind] !== undefined || (isSame && before.head.attachments.includes(kind)),
      ),
    },
    metadata: given.metadata ?? before?.metadata ?? '{}',
  };
}

/**
 * Adds or replaces rows, all or none.
 *
 * @param vectors float32 `[rows, dimensions]`
 */
export function upsertRows(
  database: Database,
  rows: readonly PlainRow[],
  vectors: Float32Array,
  maxBytes: number,
): void {
  // Of one id twice the last counts.
  const last = new Map(rows.map(({ id }, i) => [id, i]));
  change(database, () => {
    indexBlocks(database);
    const state = readState(database);
    const { dimensions } = state;
    if (vectors.length !== rows.length * dimensions) throw damaged(database.file);
    const seq = state.seq + 1;
    const blocks = new Blocks(database, state);
    const free = freeRows(database, state);
    let { count, rows: end } = state;
    for (const i of last.values()) {
      const before = findItem(database, rows[i].id);
      const row = before?.row ?? free.next().value;
      if (before === undefined) count++;
      end = Math.max(end, row + 1);
      writeItem(database, itemOf(row, rows[i], before));
      writeAttachments(database, row, rows[i], before?.contentHash === rows[i].contentHash);
      blocks.set(row, vectors.subarray(i * dimensions, (i + 1) * dimensions));
    }
    // What could not be searched is not kept.
    if (end > state.rows) checkMemory({ rows: end, dimensions }, maxBytes, 'COLLECTION_FULL');
    writeState(database, { ...state, ...blocks.write(seq), count, rows: end, updatedAt: Date.now() });
  });
  pause(GIVE_WAY_MS);
}

/** @returns how many were there */
export function removeRows(database: Database, ids: readonly string[]): number {
  const removed = change(database, () => {
    const state = readState(database);
    const seq = state.seq + 1;
    const blocks = new Blocks(database, state);
    let gone = 0;
    for (const id of new Set(ids)) {
      const item = findItem(database, id);
      if (item === undefined) continue;
      gone++;
      database.prepare('delete from items where row = ?').run(item.row);
      for (const kind of item.head.attachments) {
        database.prepare('delete from attachments where place = ?').run(placeOf(item.row, kind));
      }
      database.prepare('insert into free_rows values (?)').run(item.row);
      blocks.remove(item.row);
    }
    if (gone === 0) return 0;
    const written = blocks.write(seq);
    writeState(database, { ...state, ...written, count: state.count - gone, updatedAt: Date.now() });
    return gone;
  });
  pause(GIVE_WAY_MS);
  return removed;
}

/** Pages that nothing is in, of all: above this the file is made shorter. */
const MOST_FREE = 0.2;

/** Gives pages that nothing is in back to the disk. The package stops at the first row of the pragma, which has one a page. */
function shorten(database: Database): void {
  const free = (): number => Number(database.pragma('freelist_count'));
  if (free() <= MOST_FREE * Number(database.pragma('page_count'))) return;
  change(database, () => {
    for (let left = free(), before = Infinity; left > 0 && left < before; left = free()) {
      before = left;
      database.exec('pragma incremental_vacuum');
    }
  });
}

/** @returns whether all that was removed is off the disk; not as long as somebody still reads what was there before */
export function scrub(database: Database): boolean {
  shorten(database);
  return Number(database.pragma('wal_checkpoint(truncate)')) === 0;
}
