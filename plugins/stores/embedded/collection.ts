import {
  checkRow,
  ClipgraphError,
  type JsonObject,
  type NewRow,
  type Row,
  type ScanRequest,
  type StoredCollection,
} from 'clipgraph/store';
import { norm } from 'clipgraph/core';
import type { Entry } from './catalog.js';
import type { FoundRow, PlainRow } from './items.js';
import type { Thread } from './thread.js';
import type { ReaderMethods, WriterMethods } from './wire.js';

export interface Threads {
  readonly reader: Thread<ReaderMethods>;
  readonly writer: Thread<WriterMethods>;
}

/** Rows that come from the thread at a time. */
const PAGE = 100;

function rowOf({ metadata, ...rest }: FoundRow): Row {
  return { ...rest, metadata: JSON.parse(metadata) as JsonObject };
}

function plainRow({ metadata, ...row }: NewRow): PlainRow {
  return { ...row, vector: undefined, metadata: metadata && JSON.stringify(metadata) };
}

/** Queries as the thread takes them: a copy, which is given away. */
function packed(queries: Float32Array, dimensions: number): Float32Array<ArrayBuffer> {
  if (queries.length % dimensions !== 0) {
    const message = `Queries of ${queries.length} numbers are not whole vectors of ${dimensions}.`;
    throw new ClipgraphError('DIMENSION_MISMATCH', message);
  }
  for (let at = 0; at < queries.length; at += dimensions) {
    if (norm(queries.subarray(at, at + dimensions)) === 0) {
      throw new ClipgraphError('ZERO_VECTOR', 'A query has length zero: it points nowhere.');
    }
  }
  return Float32Array.from(queries);
}

/** An open collection: what it is asked goes to the threads. */
export function openCollection(
  { key, spec }: Entry,
  { reader, writer }: Threads,
  onClose: () => Promise<void>,
): StoredCollection {
  const { dimensions } = spec.space;
  let isClosed = false;
  const checkOpen = (): void => {
    if (isClosed) throw new ClipgraphError('STORE_UNAVAILABLE', 'The collection was closed.');
  };

  async function* scan({ after, limit = Infinity, filter, signal }: ScanRequest = {}): AsyncGenerator<Row> {
    signal?.throwIfAborted();
    checkOpen();
    if (limit <= 0) return;
    const id = await reader.call('beginScan', [key]);
    try {
      let left = limit;
      for (let next = after; ;) {
        const page = await reader.call('scan', [id, next, Math.min(PAGE, left), filter], { signal });
        for (const row of page.rows) {
          signal?.throwIfAborted();
          yield rowOf(row);
        }
        left -= page.rows.length;
        if (page.next === undefined || left <= 0) return;
        next = page.next;
      }
    } finally {
      // After `close` there is nothing to end.
      await reader.call('endScan', [id]).catch(() => undefined);
    }
  }

  return {
    spec,
    async state() {
      checkOpen();
      return reader.call('state', [key]);
    },
    async upsert(rows) {
      checkOpen();
      for (const row of rows) checkRow(row, dimensions);
      const vectors = new Float32Array(rows.length * dimensions);
      for (const [i, { vector }] of rows.entries()) vectors.set(vector, i * dimensions);
      await writer.call('upsert', [key, rows.map(plainRow), vectors], { transfer: [vectors.buffer] });
    },
    async remove(ids) {
      checkOpen();
      return writer.call('remove', [key, ids]);
    },
    async get(ids) {
      checkOpen();
      const found = await reader.call('get', [key, ids]);
      return found.map((row) => row && rowOf(row));
    },
    async attachment(id, kind) {
      checkOpen();
      return reader.call('attachment', [key, id, kind]);
    },
    async count(filter) {
      checkOpen();
      return reader.call('count', [key, filter]);
    },
    async search(queries, { signal, ...request }) {
      checkOpen();
      const copy = packed(queries, dimensions);
      return reader.call('search', [key, copy, request], { signal, transfer: [copy.buffer] });
    },
    scan,
    async close() {
      if (isClosed) return;
      isClosed = true;
      await onClose();
    },
  };
}
