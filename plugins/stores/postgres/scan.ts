import type { Row, ScanRequest } from 'clipgraph/store';
import { comparison } from './byte-order.js';
import { Values } from './names.js';
import { orNotFound, type Place } from './place.js';
import { itemColumns, rowOf, type Item } from './rows.js';
import { whereOf } from './where.js';

/** Rows that are held at a time. */
const FETCH_ROWS = 200;

/** Rows in the order of their ids, from a cursor within one snapshot; its connection is given back when the reader leaves. */
export async function* scan(
  place: Place,
  { after, limit, filter, signal }: ScanRequest,
): AsyncGenerator<Row> {
  signal?.throwIfAborted();
  if (limit === 0) return;
  const values = new Values();
  const conditions = [
    ...(after === undefined ? [] : [comparison('id', '>', after, values)]),
    ...(filter === undefined ? [] : [whereOf(filter, values)]),
  ];
  const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
  const most = limit === undefined ? '' : `limit ${values.add(limit)}::bigint`;
  const text = `select ${itemColumns(place.types)} from ${place.table} ${where} order by id ${most}`;
  const session = await place.connections.snapshot(signal);
  try {
    await session.query(`declare items no scroll cursor for ${text}`, values.list);
    for (;;) {
      const items = await session.query<Item>(`fetch ${FETCH_ROWS} from items`);
      for (const item of items) {
        yield rowOf(item);
        signal?.throwIfAborted();
      }
      if (items.length < FETCH_ROWS) break;
    }
  } catch (error) {
    throw orNotFound(place, error);
  } finally {
    await session.end();
  }
}
