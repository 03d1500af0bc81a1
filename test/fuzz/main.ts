// npm run fuzz -- --seed 1 --requests 20000: a server of its own is sent generated requests of every kind. Ends with 1 if one of them
// was not answered, ended a process, was told what no client is told, held up the event loop, or if memory was not given back.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { fuzz, LONGEST_TURN_MS, type FuzzReport, type Memory } from './run.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    requests: { type: 'string', default: '20000' },
    from: { type: 'string', default: '0' },
    'warm-up': { type: 'string' },
  },
});
/** How much more memory than before may be held. */
const MEMORY_SHARE = 1.1;
/** More than the server, its runtimes and its decoders: such as are never ended. */
const MOST_PROCESSES = 3 + 2 * availableParallelism();
/** Requests after whose warm-up the processes have grown to the size that they keep: decoders are ended and start again. */
const GROWN_AFTER = 5000;
const mb = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MB`;

function describeMemory({ server, tree, processes }: Memory): string {
  return (
    `${mb(server.rss)} resident (heap ${mb(server.heapUsed)} of ${mb(server.heapTotal)}, ` +
    `outside it ${mb(server.external)}), of all ${processes} processes ${mb(tree)}`
  );
}

function list(title: string, lines: readonly string[]): void {
  console.log(`${lines.length} ${title}`);
  for (const line of lines.slice(0, 20)) console.log(`  ${line}`);
}

function judge(report: FuzzReport): boolean {
  const { before, after } = report;
  for (const what of Object.keys(report.ends).sort())
    console.log(`${String(report.ends[what]).padStart(7)} ${what}`);
  list('unanswered', report.unanswered);
  list('crashes', report.crashes);
  list('unmasked', report.unmasked);
  list(`turns over ${LONGEST_TURN_MS} ms on a core`, report.longTurns);
  console.log(`longest turn: ${report.longestTurnMs.toFixed(0)} ms on a core (${report.longestTurnAt})`);
  if (before === undefined || after === undefined) return false;
  console.log(`memory after the warm-up:    ${describeMemory(before)}`);
  console.log(`memory after a collection:   ${describeMemory(after)}`);
  const share = after.server.rss / before.server.rss;
  const ofEach = after.tree / after.processes / (before.tree / before.processes);
  console.log(
    `that is ${(share * 100).toFixed(0)} % of the server's, ${(ofEach * 100).toFixed(0)} % of a process's`,
  );
  const found = [report.unanswered, report.crashes, report.unmasked, report.longTurns].some(
    (of) => of.length > 0,
  );
  const isGrown = Number(values.requests) >= GROWN_AFTER; // What its processes hold of a short run is not judged.
  return (
    !found &&
    share <= MEMORY_SHARE &&
    (!isGrown || ofEach <= MEMORY_SHARE) &&
    after.processes <= MOST_PROCESSES
  );
}

async function main(): Promise<void> {
  const requests = Number(values.requests);
  const started = performance.now();
  let said = started;
  const report = await fuzz({
    seed: Number(values.seed),
    requests,
    from: Number(values.from),
    warmUp: Number(values['warm-up'] ?? Math.min(2000, Math.max(200, requests / 10))),
    onProgress: (done, { unanswered, crashes, unmasked, longTurns }) => {
      if (performance.now() - said < 30_000) return;
      said = performance.now();
      console.log(
        `${done} requests: ${unanswered.length} unanswered, ${crashes.length} crashes, ` +
          `${unmasked.length} unmasked, ${longTurns.length} long turns`,
      );
    },
  });
  const isGood = judge(report);
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `seed ${values.seed}, ${requests} requests in ${seconds.toFixed(0)} s: ${isGood ? 'good' : 'NOT GOOD'}`,
  );
  process.exitCode = isGood ? 0 : 1;
}

void main();
