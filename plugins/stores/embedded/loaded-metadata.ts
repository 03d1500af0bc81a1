import { RowSet } from 'clipgraph/core';
import {
  ClipgraphError,
  matches,
  valueAt,
  type Condition,
  type Filter,
  type Json,
  type JsonObject,
} from 'clipgraph/store';
import { asText, type Database, type SqlValue } from './database.js';
import type { FileState } from './format.js';
import { decodeItem, decodeMetadata, ITEM_COLUMNS, type Head } from './items.js';
import type { Steps } from './steps.js';

/** Items that are read at a time. */
const SLICE = 1000;
/** Columns that are kept; the one that was not asked for the longest goes first. */
const MAX_COLUMNS = 24;
/** Of a distinct value beside its text, about. */
const VALUE_BYTES = 128;

/** What a column is of: one path of the metadata, or something else that a filter looks at. */
type Subject = readonly string[] | 'modality' | 'root';
type Leaf = Condition | { readonly modality: Head['modality'] } | { readonly root: string };

function subjectOf(filter: Leaf): Subject {
  return 'modality' in filter ? 'modality' : 'root' in filter ? 'root' : filter.path;
}

/** The simple filters of one. */
function leavesOf(filter: Filter): Leaf[] {
  if ('all' in filter) return filter.all.flatMap(leavesOf);
  if ('any' in filter) return filter.any.flatMap(leavesOf);
  return 'not' in filter ? leavesOf(filter.not) : [filter];
}

/** The values that rows have at one place: each distinct one once, and a code for each row. */
class Column {
  /** Code 0 is that there is none. */
  readonly #values: (Json | undefined)[] = [undefined];
  readonly #codes = new Map<string, number>();
  #rows = new Int32Array(0);
  #valueBytes = 0;

  constructor(readonly subject: Subject) {}

  get distinct(): number {
    return this.#values.length;
  }

  /** About. */
  get bytes(): number {
    return this.#valueBytes + this.#rows.byteLength;
  }

  set(row: number, value: Json | undefined): void {
    if (row >= this.#rows.length) {
      const rows = new Int32Array(Math.max(1024, row + 1, Math.ceil(this.#rows.length * 1.5)));
      rows.set(this.#rows);
      this.#rows = rows;
    }
    if (value === undefined) {
      this.#rows[row] = 0;
      return;
    }
    const key = JSON.stringify(value);
    let code = this.#codes.get(key);
    if (code === undefined) {
      code = this.#values.push(value) - 1;
      this.#valueBytes += 2 * key.length + VALUE_BYTES;
      this.#codes.set(key, code);
    }
    this.#rows[row] = code;
  }

  /** Sets the bits of the rows whose value is meant: each distinct value is tested once, by the definition itself. */
  select(leaf: Leaf, words: Uint32Array): void {
    const isMeant = Uint8Array.from(this.#values, (value) => Number(meansValue(leaf, value)));
    const end = Math.min(this.#rows.length, words.length * 32);
    for (let row = 0; row < end; row++) words[row >>> 5] |= isMeant[this.#rows[row]] << (row & 31);
    if (isMeant[0] === 1)
      for (let row = end; row < words.length * 32; row++) words[row >>> 5] |= 1 << (row & 31);
  }
}

function bytesOf(columns: Iterable<Column>): number {
  let sum = 0;
  for (const { bytes } of columns) sum += bytes;
  return sum;
}

function meansValue(leaf: Leaf, value: Json | undefined): boolean {
  const plain = { modality: 'TEXT', metadata: {}, origin: null } as const;
  if ('modality' in leaf) return matches({ ...plain, modality: value as Head['modality'] }, leaf);
  if ('root' in leaf)
    return matches({ ...plain, origin: value === undefined ? null : { root: value as string } }, leaf);
  return matches({ ...plain, metadata: value === undefined ? {} : { value } }, { ...leaf, path: ['value'] });
}

function valueOf(subject: Subject, metadata: JsonObject, head: Head | undefined): Json | undefined {
  if (subject === 'modality') return head?.modality;
  if (subject === 'root') return head?.origin?.root;
  return valueAt(metadata, subject);
}

/**
 * What filters look at, kept in memory for the places that were asked for: filters that follow read nothing but what has
 * changed. What a filter means is asked of `matches` alone, once a distinct value.
 */
export class LoadedMetadata {
  #seq = -1;
  #present = new RowSet();
  readonly #columns = new Map<string, Column>();

  /** @param maxBytes that the columns may take */
  constructor(private readonly maxBytes: number) {}

  /** About. */
  get bytes(): number {
    return bytesOf(this.#columns.values());
  }

  /** The rows that a filter means; inside a transaction. */
  *select(database: Database, state: FileState, filter: Filter): Steps<RowSet> {
    yield* this.#refresh(database, state);
    const leaves = leavesOf(filter);
    const missing = new Map<string, Column>();
    for (const leaf of leaves) {
      const subject = subjectOf(leaf);
      const key = JSON.stringify(subject);
      const column = this.#columns.get(key);
      if (column === undefined) missing.set(key, new Column(subject));
      else {
        this.#columns.delete(key);
        this.#columns.set(key, column);
      }
    }
    if (missing.size > 0) yield* this.#read(database, [...missing.values()]);
    for (const [key, column] of missing) this.#columns.set(key, column);
    const words = Math.ceil(state.rows / 32);
    const selected = this.#evaluate(filter, words);
    for (let i = 0; i < words; i++) selected[i] &= this.#present.words[i] ?? 0;
    for (const key of this.#columns.keys()) {
      if (this.#columns.size <= MAX_COLUMNS && this.bytes <= this.maxBytes) break;
      this.#columns.delete(key);
    }
    return RowSet.fromWords(selected);
  }

  #evaluate(filter: Filter, words: number): Uint32Array<ArrayBuffer> {
    if ('all' in filter || 'any' in filter) {
      const isAll = 'all' in filter;
      const result = new Uint32Array(words).fill(isAll ? 0xffffffff : 0);
      for (const each of isAll ? filter.all : filter.any) {
        const part = this.#evaluate(each, words);
        for (let i = 0; i < words; i++) result[i] = isAll ? result[i] & part[i] : result[i] | part[i];
      }
      return result;
    }
    if ('not' in filter) return this.#evaluate(filter.not, words).map((word) => ~word);
    const result = new Uint32Array(words);
    this.#columns.get(JSON.stringify(subjectOf(filter)))?.select(filter, result);
    return result;
  }

  *#refresh(database: Database, state: FileState): Steps<void> {
    if (this.#seq === state.seq) return;
    const before = this.#seq;
    this.#seq = -1;
    const columns = [...this.#columns.values()];
    // Values that no row has any more would pile up.
    const isStale = columns.some(({ distinct }) => distinct > 2 * state.rows + 1000);
    if (before < 0 || isStale) {
      this.#columns.clear();
      this.#present = new RowSet();
      yield* this.#read(database, []);
    } else {
      const changed = database.prepare('select block from blocks where seq > ? order by block').all(before);
      for (const [number] of changed as [number][]) {
        const first = number * state.blockRows;
        for (let row = first; row < first + state.blockRows; row++) {
          this.#present.delete(row);
          for (const column of columns) column.set(row, undefined);
        }
        yield* this.#read(database, columns, first, first + state.blockRows);
      }
    }
    this.#seq = state.seq;
  }

  /** Fills columns with the rows of a range. */
  *#read(database: Database, columns: readonly Column[], first = 0, end = 2 ** 31): Steps<void> {
    const needsHead = columns.some(({ subject }) => typeof subject === 'string');
    const wanted =
      columns.length === 0 ? 'row' : needsHead ? ITEM_COLUMNS : `row, ${asText('metadata')}, metadata_crc`;
    const select = database.prepare(
      `select ${wanted} from items where row >= ? and row < ? order by row limit ${SLICE}`,
    );
    for (let next = first; next < end;) {
      const slice = select.all(next, end);
      for (const values of slice) this.#take(database.file, columns, values, needsHead);
      this.#check(columns);
      if (slice.length < SLICE) break;
      next = (slice[slice.length - 1][0] as number) + 1;
      yield;
    }
  }

  #check(columns: readonly Column[]): void {
    if (bytesOf(columns) <= this.maxBytes) return;
    const message = `What the filter looks at takes more than the ${Math.floor(this.maxBytes / 2 ** 20)} MB of memory that it may. Filter by values that are shorter, or that more items have in common; or raise stores.embedded.maxMemoryMb.`;
    throw new ClipgraphError('QUERY_TOO_COMPLEX', message);
  }

  #take(file: string, columns: readonly Column[], values: readonly SqlValue[], needsHead: boolean): void {
    const row = values[0] as number;
    this.#present.add(row);
    if (columns.length === 0) return;
    const item = needsHead ? decodeItem(file, values) : undefined;
    const metadata = item
      ? (JSON.parse(item.metadata) as JsonObject)
      : decodeMetadata(file, row, values[1], values[2]);
    for (const column of columns) column.set(row, valueOf(column.subject, metadata, item?.head));
  }
}
