import { setTimeout as delay } from 'node:timers/promises';
import { sendHttp } from '../../test/fuzz/http.js';
import { childrenOf, residentBytesOfTree } from '../../test/processes.js';
import { flood, PATIENCE_MS, type Outcome, type Questions } from './workload.js';

export type Outcomes = Partial<Record<Outcome, number>>;

function count(outcomes: Outcomes, outcome: Outcome): void {
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
}

/** Clients that ask one question after the other, as fast as they are answered. @returns right answers a second */
export async function capacity(questions: Questions, clients: number, seconds: number): Promise<number> {
  const from = performance.now();
  const end = from + seconds * 1000;
  let asked = 0;
  let right = 0;
  const client = async (): Promise<void> => {
    while (performance.now() < end) if ((await questions.ask(asked++)) === 'right') right++;
  };
  await Promise.all(Array.from({ length: clients }, client));
  return right / ((performance.now() - from) / 1000);
}

/** Clients with one token that ask for 200 texts at a time, again and again. */
export async function floodFor(url: string, token: string, clients: number, seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  let round = 0;
  const client = async (): Promise<void> => {
    while (performance.now() < end) {
      const { text } = await sendHttp(url, flood(round++, token), PATIENCE_MS);
      if (text.includes('OVERLOADED')) await delay(100);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
}

interface OverloadOptions {
  readonly pid: number;
  readonly perSecond: number;
  readonly seconds: number;
  /** Seconds between two workers that are killed. */
  readonly killEvery: number;
}

export interface Overload {
  readonly outcomes: Outcomes;
  readonly kills: number;
  /** Resident bytes of the server and its processes, once a second. */
  readonly resident: readonly number[];
}

/**
 * Requests at a fixed rate, whether the earlier ones have been answered or not: of twenty, two are bad input and one is of a client
 * that leaves. Ends when all have ended.
 */
export async function overload(
  questions: Questions,
  { pid, perSecond, seconds, killEvery }: OverloadOptions,
): Promise<Overload> {
  const outcomes: Outcomes = {};
  const resident: number[] = [];
  const underWay = new Set<Promise<void>>();
  const from = performance.now();
  let sent = 0;
  let kills = 0;
  const send = (i: number): void => {
    const one = i % 20 < 17 ? questions.ask(i) : questions.misbehave(i, i % 20 === 19);
    const done = one.then((outcome) => {
      count(outcomes, outcome);
      underWay.delete(done);
    });
    underWay.add(done);
  };
  let lastKill = 0;
  for (;;) {
    const passed = (performance.now() - from) / 1000;
    if (passed >= seconds) break;
    while (sent < passed * perSecond) send(sent++);
    if (passed - lastKill >= killEvery) {
      lastKill = passed;
      const children = childrenOf(pid);
      const victim = children.at(kills % Math.max(1, children.length));
      if (victim !== undefined) {
        process.kill(victim, 'SIGKILL');
        kills++;
      }
    }
    if (passed >= resident.length) resident.push(residentBytesOfTree(pid));
    await delay(10);
  }
  await Promise.all(underWay);
  return { outcomes, kills, resident };
}

/** Clients that ask until a balancer would send them elsewhere: `/health/ready` says no. Each answer must come. */
export async function endUnderLoad(
  url: string,
  questions: Questions,
  clients: number,
  terminate: () => void,
): Promise<Outcomes> {
  const outcomes: Outcomes = {};
  let isReady = true;
  let asked = 0;
  const client = async (): Promise<void> => {
    while (isReady) count(outcomes, await questions.ask(asked++));
  };
  const running = Promise.all(Array.from({ length: clients }, client));
  await delay(1000);
  terminate();
  while (isReady) {
    const ready = { method: 'GET', path: '/health/ready', headers: {}, body: Buffer.alloc(0) };
    const { status } = await sendHttp(url, ready, PATIENCE_MS);
    isReady = status === 200;
    await delay(50);
  }
  await running;
  return outcomes;
}
