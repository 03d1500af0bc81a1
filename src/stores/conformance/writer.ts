import { inspect } from 'node:util';
import { makeStore } from './place.js';
import { writtenRows, type WriterTask } from './writer-task.js';

/** Writes batch after batch, and says each as soon as it is acknowledged. */
async function write(task: WriterTask): Promise<void> {
  const { options, collection, batch } = task;
  const store = await makeStore(task, options);
  const things = await store.open(collection);
  const rows = writtenRows(task);
  for (let i = 0; i < rows.length; i += batch) {
    await things.upsert(rows.slice(i, i + batch));
    process.send?.(i + batch);
  }
  await store.close();
  process.disconnect();
}

process.once('message', (task: WriterTask) => {
  write(task).catch((error: unknown) => {
    process.send?.(inspect(error));
    process.exitCode = 1;
    process.disconnect();
  });
});
