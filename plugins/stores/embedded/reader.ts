import { workerData } from 'node:worker_threads';
import { Catalog } from './catalog.js';
import { beginReading, look, sqliteVersion, type Database } from './database.js';
import { filesIn } from './files.js';
import { OpenFiles } from './open-files.js';
import { getAttachment, getRows, scanPage, stateOf } from './reading.js';
import { Searching } from './searching.js';
import { serve } from './serve.js';
import { readState } from './state.js';
import type { ReaderMethods, ThreadOptions } from './wire.js';

/** The thread that searches and reads. A search may be under way while something else is read: each has a connection. */

const { root, maxBytes } = workerData as ThreadOptions;
const files = filesIn(root);
const catalog = new Catalog(files);
const open = new OpenFiles(files, catalog);
const searching = new Searching(new OpenFiles(files, catalog), maxBytes);

interface Scan {
  readonly key: string;
  readonly database: Database;
}
const scans = new Map<number, Scan>();
let nextScan = 0;

function endScan(id: number): void {
  scans.get(id)?.database.close();
  scans.delete(id);
}

serve<ReaderMethods>(
  {
    probe() {
      catalog.list();
      return sqliteVersion();
    },
    list: () => catalog.list(),
    find: (_, name) => catalog.find(name),
    state: (_, key) => open.withFile(key, stateOf),
    get: (_, key, ids) => open.withFile(key, (database) => getRows(database, ids)),
    attachment: (_, key, id, kind) => open.withFile(key, (database) => getAttachment(database, id, kind)),
    count: (signal, key, filter) =>
      filter === undefined
        ? open.withFile(key, (database) => look(database, () => readState(database).count))
        : searching.count(key, filter, signal),
    search: (signal, key, queries, request) => searching.search(key, queries, request, signal),
    beginScan(_, key) {
      const database = open.open(key);
      try {
        beginReading(database, () => readState(database));
      } catch (error) {
        database.close();
        throw error;
      }
      const id = nextScan++;
      scans.set(id, { key, database });
      return id;
    },
    scan(_, id, after, limit, filter) {
      const scan = scans.get(id);
      if (scan === undefined) throw new Error('The scan has ended.');
      try {
        return scanPage(scan.database, after, limit, filter);
      } catch (error) {
        endScan(id);
        throw open.explain(scan.key, error);
      }
    },
    endScan: (_, id) => {
      endScan(id);
    },
    release(_, key) {
      searching.release(key);
      open.release(key);
    },
  },
  () => {
    for (const id of scans.keys()) endScan(id);
    open.close();
    searching.close();
    catalog.close();
  },
);
