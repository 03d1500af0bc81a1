// npm run soak -- --minutes 15: three times as many requests as the server can answer, of which a tenth is bad input, from clients
// that leave, while workers are killed. Ends with 1 if one was not answered, was answered wrongly, if memory grew, or if SIGTERM lost an
// answer. Times depend on what else the machine does: --timings makes them count, too. --fairness 5 measures only, five times, how long a
// token waits beside one that floods.
import { parseArgs } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { childrenOf } from '../../test/processes.js';
import { describeMachine, percentile } from '../machine.js';
import { serve } from '../serving.js';
import { fairness } from './fairness.js';
import { capacity, endUnderLoad, overload, type Outcomes } from './phases.js';
import { steadyClient } from './steady.js';
import { question, Questions } from './workload.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '15' },
    timings: { type: 'boolean', default: false },
    fairness: { type: 'string' },
  },
});
const SECONDS = Number(values.minutes) * 60;
const [QUIET, GREEDY] = ['quiet-token', 'greedy-token'];
const QUESTIONS = 80;
const CLIENTS = 16;
const KILL_EVERY_S = 20;
const DRAIN_MS = 3000;
const LIVE_MS = 50;
const FAIR = 3;
/** How much the last quarter's memory may be above that of the quarter before. */
const FLAT = 1.1;

const failures: string[] = [];
/** Says a figure and whether it is as it must be. */
function expectThat(isGood: boolean, what: string, counts = true): void {
  console.log(`${isGood ? '  ' : '! '}${what}`);
  if (!isGood && counts) failures.push(what);
}
const ms = (time: number): string => `${time.toFixed(1)} ms`;
const mb = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MB`;
const total = (outcomes: Outcomes): number => Object.values(outcomes).reduce((sum, n) => sum + n, 0);

function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

async function main(): Promise<void> {
  const server = await serve(
    ...['--log.level', 'error', '--cache.maxBytes', '0', '--server.drainMs', String(DRAIN_MS)],
    ...['--auth.tokens', `${QUIET},${GREEDY}`],
  );
  const questions = await Questions.answered(server.url, QUIET, QUESTIONS);
  const { headers, body } = question(1, QUIET);
  const live = steadyClient({ url: `${server.url}/health/live`, pauseMs: 10 });
  const asking = { method: 'POST', headers: headers as Record<string, string>, body: body.toString() };
  const quiet = steadyClient({ url: `${server.url}/graphql`, ...asking, pauseMs: 50 });
  await delay(3000); // Both have started.
  const shares: number[] = [];
  const idleLive: number[] = [];
  for (let round = 0; round < Number(values.fairness ?? 1); round++) {
    const { idleMs, besideMs, liveIdleMs, liveBesideMs } = await fairness({
      url: server.url,
      quiet,
      live,
      token: GREEDY,
      clients: CLIENTS,
      idleSeconds: Math.max(5, SECONDS / 20),
      floodSeconds: Math.max(10, SECONDS / 10),
    });
    shares.push(besideMs / idleMs);
    idleLive.push(liveIdleMs);
    console.log(
      `a question's p95: ${ms(idleMs)} idle, ${ms(besideMs)} beside a token that floods; ` +
        `/health/live p99: ${ms(liveIdleMs)} idle, ${ms(liveBesideMs)} beside it`,
    );
  }
  quiet.stop();
  const share = median(shares);
  expectThat(
    share <= FAIR,
    `beside it ${share.toFixed(1)} times the idle one (wanted: ${FAIR})`,
    values.timings,
  );
  if (values.fairness !== undefined) {
    live.stop();
    server.stop();
    await server.ended;
    process.exit(failures.length === 0 ? 0 : 1);
  }

  const perSecond = await capacity(questions, CLIENTS, Math.max(5, SECONDS / 20));
  console.log(`capacity: ${perSecond.toFixed(0)} questions a second from ${CLIENTS} clients`);
  await live.times();

  const loaded = {
    pid: server.pid,
    perSecond: 3 * perSecond,
    seconds: SECONDS * 0.7,
    killEvery: KILL_EVERY_S,
  };
  const { outcomes, kills, resident } = await overload(questions, loaded);
  const p99 = percentile(await live.times(), 0.99);
  live.stop();
  console.log(
    `${total(outcomes)} requests at 3 times that, ${kills} workers killed: ${JSON.stringify(outcomes)}`,
  );
  expectThat((outcomes.unanswered ?? 0) === 0, `${outcomes.unanswered ?? 0} unanswered`);
  expectThat((outcomes.wrong ?? 0) === 0, `${outcomes.wrong ?? 0} wrong`);
  expectThat((outcomes.right ?? 0) > 0, `${outcomes.right ?? 0} right`);
  const live99 = `/health/live meanwhile p99 ${ms(p99)}, ${ms(median(idleLive))} idle (wanted: ${LIVE_MS} ms)`;
  expectThat(p99 <= LIVE_MS, live99, values.timings);
  const half = resident.length / 2;
  const third = median(resident.slice(half, half * 1.5));
  const last = median(resident.slice(half * 1.5));
  expectThat(last <= third * FLAT, `memory: ${mb(third)} in the third quarter, ${mb(last)} in the last`);

  const children = childrenOf(server.pid);
  const ended = await endUnderLoad(server.url, questions, CLIENTS, () => {
    server.stop();
  });
  const lost = (ended.unanswered ?? 0) + (ended.wrong ?? 0);
  expectThat(lost === 0, `SIGTERM under load: ${lost} lost of ${total(ended)}`);
  const code = await server.ended;
  const orphans = children.filter((pid) => isAlive(pid));
  expectThat(
    code === 0 && orphans.length === 0,
    `it ended with code ${code}, and left ${orphans.length} processes`,
  );

  for (const complaint of questions.complaints) console.log(`  ${complaint}`);
  console.log(
    `(${describeMachine()})\n${failures.length === 0 ? 'good' : `NOT GOOD: ${failures.join('; ')}`}`,
  );
  process.exit(failures.length === 0 ? 0 : 1);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

void main();
