import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { ClipgraphError, type StorePlugin, type StoreProbe } from 'clipgraph/store';
import { openCollection, type Threads } from './collection.js';
import { Thread } from './thread.js';
import type { ReaderMethods, ThreadOptions, WriterMethods } from './wire.js';

/** The nearest folder that is there must let this account write. */
async function isWritable(folder: string): Promise<boolean> {
  try {
    await access(folder, constants.F_OK);
  } catch {
    return folder !== path.dirname(folder) && isWritable(path.dirname(folder));
  }
  return access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
}

/** Collections in files of one folder. */
export function createStore(options: ThreadOptions): StorePlugin {
  const threads: Threads = {
    reader: new Thread<ReaderMethods>('reader', options),
    writer: new Thread<WriterMethods>('writer', options),
  };
  const { reader, writer } = threads;
  /** How many have a collection open. */
  const users = new Map<string, number>();

  const release = async (key: string): Promise<void> => {
    await Promise.all([reader.call('release', [key]), writer.call('release', [key])]);
  };
  const leave = async (key: string): Promise<void> => {
    const left = (users.get(key) ?? 0) - 1;
    users.set(key, left);
    if (left > 0) return;
    users.delete(key);
    // After `close` of the store there is nothing to free.
    await release(key).catch(() => undefined);
  };

  return {
    traits: { isExact: true, hasManyWriters: false, durability: 'power' },

    async probe(): Promise<StoreProbe> {
      if (!(await isWritable(options.root))) {
        return {
          ready: false,
          reason: 'The folder of the embedded store cannot be written.',
          remedy: 'Let the account that runs Clipgraph write it, or set stores.embedded.path to another one.',
        };
      }
      try {
        const version = await reader.call('probe', []);
        return { ready: true, info: { library: 'SQLite', version } };
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        const detail = error instanceof Error ? `${error.message} ${String(error.cause)}` : reason;
        return { ready: false, reason, remedy: 'See docs/stores.md.', detail };
      }
    },
    async list() {
      return (await reader.call('list', [])).map(({ spec }) => spec);
    },
    create: (spec) => writer.call('create', [spec]),
    async drop(name) {
      const key = await writer.call('drop', [name]);
      if (key !== undefined) await release(key);
      return key !== undefined;
    },
    async rename(from, to, { replace }) {
      const key = await writer.call('rename', [from, to, replace]);
      if (key !== undefined) await release(key);
    },
    async open(name) {
      const entry = await reader.call('find', [name]);
      users.set(entry.key, (users.get(entry.key) ?? 0) + 1);
      let isLeft = false;
      const collection = openCollection(entry, threads, async () => {
        if (isLeft) return;
        isLeft = true;
        await leave(entry.key);
      });
      try {
        // What is damaged or of a later version is said now.
        await collection.state();
      } catch (error) {
        await collection.close();
        throw error;
      }
      return collection;
    },
    async close() {
      await Promise.all([reader.close(), writer.close()]);
    },
  };
}

export function noFolder(): ClipgraphError {
  return new ClipgraphError(
    'STORE_UNAVAILABLE',
    'The embedded store has no folder: this account has no home. Set stores.embedded.path, or XDG_DATA_HOME.',
  );
}
