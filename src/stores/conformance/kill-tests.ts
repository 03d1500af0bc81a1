import { fork } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loaderFor } from '../../isolation/start-program.js';
import { check } from '../../runtime/conformance/checks.js';
import { searchAndCheck } from './answers.js';
import { inSetting } from './place.js';
import { checkSameRow, keptOf, randomOf, rowsOf } from './rows.js';
import type { TestsOf } from './tests.js';
import type { WriterTask } from './writer.js';

const WRITER = path.join(__dirname, `writer${path.extname(__filename)}`);
const KILLS = 3;
const ROWS = 10_000;
const BATCH = 20;
/** A writer that is so slow to start is lost. */
const START_MS = 120_000;

/** Starts a writer, and kills it some milliseconds after its first batch. */
async function killedAfter(ms: number, task: WriterTask): Promise<number> {
  const child = fork(WRITER, { execArgv: loaderFor(WRITER), stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  let acknowledged = 0;
  let failure: string | undefined;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const started = new Promise<void>((resolve) => {
    child.on('message', (message: number | string) => {
      if (typeof message === 'string') failure = message;
      else acknowledged = message;
      resolve();
    });
    child.once('exit', () => {
      resolve();
    });
  });
  child.send(task);
  const patience = setTimeout(() => child.kill('SIGKILL'), START_MS);
  await started;
  await sleep(ms);
  child.kill('SIGKILL');
  await ended;
  clearTimeout(patience);
  check(failure === undefined, () => `a writer failed: ${failure}`);
  check(acknowledged > 0, () => 'a writer ended before its first batch');
  return acknowledged;
}

/** What a kill leaves. */
export const killTests: TestsOf = (subject) => [
  {
    name: 'has every row that was acknowledged, and no part of a batch, when a writer is killed',
    isLarge: false,
    run: () =>
      inSetting(subject, async ({ store, collection, options, another }) => {
        const random = randomOf(70);
        const { name, module } = subject;
        await collection();
        for (let round = 0; round < (subject.kills ?? KILLS); round++) {
          const seed = 71 + round;
          const task = { name, module, options, collection: 'things', rows: ROWS, batch: BATCH, seed };
          const acknowledged = await killedAfter(random() * 300, task);
          // Who had it open, and who opens it then.
          const open = round % 2 === 0 ? store : await another();
          const things = await open.open('things');
          const expected = rowsOf(ROWS, seed);
          // What was said last may have been acknowledged without being heard.
          let found = 0;
          for await (const row of things.scan()) {
            checkSameRow(row, keptOf({ ...expected[found], thumbnail: Buffer.from(row.id) }));
            found++;
          }
          check(
            found >= acknowledged && found % BATCH === 0,
            () =>
              `${found} rows are there of batches of ${BATCH}, of which ${acknowledged} rows were acknowledged`,
          );
          const last = expected[found - 1];
          const thumbnail = await things.attachment(last.id, 'thumbnail');
          check(
            thumbnail !== undefined && Buffer.from(thumbnail).toString() === last.id,
            () => 'what was beside the last row is not there',
          );
          await searchAndCheck(things, expected.slice(0, found), [last.vector], { limit: 5 });
          const ids = expected.slice(0, found).map(({ id }) => id);
          check((await things.remove(ids)) === found, () => 'it cannot be written any more');
        }
      }),
  },
];
