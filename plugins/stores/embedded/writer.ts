import { workerData } from 'node:worker_threads';
import { Catalog } from './catalog.js';
import { filesIn } from './files.js';
import { OpenFiles } from './open-files.js';
import { serve } from './serve.js';
import type { ThreadOptions, WriterMethods } from './wire.js';
import { removeRows, scrub, upsertRows } from './write-rows.js';

/** The thread that writes: one change after the other. */

/** Ids come in no order: pages that the next batches change, too, are kept in memory, and go from the log to the file once. */
const WRITING = ['cache_size = -32768', 'wal_autocheckpoint = 4000'];
const { root, maxBytes } = workerData as ThreadOptions;
const files = filesIn(root);
const catalog = new Catalog(files);
const open = new OpenFiles(files, catalog, WRITING);
/** Files where somebody read on while rows were removed: what is left of these goes as soon as they are done. */
const unscrubbed = new Set<string>();
const AGAIN_MS = 100;
const SCRUB_MS = 1000;
let timer: NodeJS.Timeout | undefined;

async function scrubWithin(key: string, ms: number): Promise<void> {
  const end = Date.now() + ms;
  while (!open.withFile(key, scrub)) {
    if (Date.now() > end) {
      unscrubbed.add(key);
      timer ??= setTimeout(scrubLater, AGAIN_MS);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  unscrubbed.delete(key);
}

function scrubLater(): void {
  timer = undefined;
  for (const key of unscrubbed) {
    unscrubbed.delete(key);
    scrubWithin(key, 0).catch(() => undefined); // It was dropped; or the next removal meets the same failure and says it.
  }
}

serve<WriterMethods>(
  {
    create(_, spec) {
      catalog.create(spec);
      catalog.sweep();
    },
    drop(_, name) {
      const key = catalog.drop(name);
      if (key !== undefined) {
        open.release(key);
        catalog.sweep();
      }
      return key;
    },
    rename(_, from, to, replace) {
      const key = catalog.rename(from, to, replace);
      if (key !== undefined) {
        open.release(key);
        catalog.sweep();
      }
      return key;
    },
    upsert(_, key, rows, vectors) {
      open.withFile(key, (database) => {
        upsertRows(database, rows, vectors, maxBytes);
      });
    },
    async remove(_, key, ids) {
      const count = open.withFile(key, (database) => removeRows(database, ids));
      if (count > 0) await scrubWithin(key, SCRUB_MS);
      return count;
    },
    release(_, key) {
      open.release(key);
    },
  },
  () => {
    clearTimeout(timer);
    open.close();
    catalog.close();
  },
);
