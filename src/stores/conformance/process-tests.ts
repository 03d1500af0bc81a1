import { fork } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loaderFor } from '../../isolation/start-program.js';
import { check } from '../../runtime/conformance/checks.js';
import { searchAndCheck } from './answers.js';
import type { Setting } from './place.js';
import { checkSameRow, keptOf, randomOf } from './rows.js';
import { tests } from './tests.js';
import { writtenRows, type WriterTask } from './writer-task.js';

const WRITER = path.join(__dirname, `writer${path.extname(__filename)}`);
const KILLS = 3;
/** A writer that takes so long is lost. */
const PATIENCE_MS = 120_000;

interface Writer {
  /** Rows that it was told are kept. */
  readonly acknowledged: () => number;
  readonly started: Promise<void>;
  readonly ended: Promise<void>;
  readonly kill: () => void;
}

function startWriter(task: WriterTask): Writer {
  const child = fork(WRITER, { execArgv: loaderFor(WRITER), stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  let acknowledged = 0;
  let failure: string | undefined;
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  const patience = setTimeout(kill, PATIENCE_MS);
  const ended = new Promise<void>((resolve) =>
    child.once('exit', () => {
      resolve();
    }),
  ).then(() => {
    // prettier-ignore
    clearTimeout(patience);
    check(failure === undefined, () => `a writer failed: ${failure}`);
    check(acknowledged > 0, () => 'a writer ended before its first batch');
  });
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
  return { acknowledged: () => acknowledged, started, ended, kill };
}

/** Starts a writer, and kills it some milliseconds after its first batch. */
async function killedAfter(ms: number, task: WriterTask): Promise<number> {
  const writer = startWriter(task);
  await writer.started;
  await sleep(ms);
  writer.kill();
  await writer.ended;
  return writer.acknowledged();
}

const KILLED = { collection: 'things', rows: 10_000, batch: 20, prefix: '' } as const;

async function killAndCheck({ subject, store, collection, options, another }: Setting): Promise<void> {
  const random = randomOf(70);
  const { name, module, kills = KILLS } = subject;
  await collection();
  for (let round = 0; round < kills; round++) {
    const task = { ...KILLED, name, module, options, seed: 71 + round };
    const acknowledged = await killedAfter(random() * 300, task);
    // Who had it open, and who opens it then.
    const open = round % 2 === 0 ? store : await another();
    const things = await open.open('things');
    const expected = writtenRows(task);
    // What was said last may have been acknowledged without being heard.
    let found = 0;
    for await (const row of things.scan()) checkSameRow(row, keptOf(expected[found++]));
    check(
      found >= acknowledged && found % task.batch === 0,
      () =>
        `${found} rows are there of batches of ${task.batch}, of which ${acknowledged} rows were acknowledged`,
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
}

async function writeTogether({ subject, collection, options }: Setting): Promise<void> {
  const { name, module } = subject;
  const things = await collection();
  const tasks = ['a', 'b'].map((prefix, i) => {
    return { name, module, options, collection: 'things', rows: 600, batch: 20, seed: 80 + i, prefix };
  });
  const rows = tasks.flatMap(writtenRows);
  const writers = tasks.map(startWriter);
  const all = Promise.all(writers.map(({ ended }) => ended));
  let isDone = false;
  const finished = all.finally(() => (isDone = true));
  const searching = async (): Promise<void> => {
    while (!isDone) {
      const acknowledged = writers.reduce((sum, writer) => sum + writer.acknowledged(), 0);
      const [{ hits }] = await things.search(rows[0].vector, { limit: 2000, effort: 'exact' });
      check(
        hits.length >= acknowledged && hits.length % 20 === 0,
        () =>
          `${hits.length} rows are found of batches of 20, of which ${acknowledged} rows were acknowledged`,
      );
      await sleep(5);
    }
  };
  await Promise.all([finished, searching()]);
  await searchAndCheck(things, rows, [rows[0].vector, rows[700].vector], { limit: 1200 });
}

/** Tests that start processes. */
export const processTests = tests({
  'has every row that was acknowledged, and no part of a batch, when a writer is killed': killAndCheck,
  'lets processes write at a time, and shows their batches to who searches meanwhile': writeTogether,
});
