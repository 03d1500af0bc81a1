import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../machine.js';
import { floodFor } from './phases.js';
import type { SteadyClient } from './steady.js';

export interface Fairness {
  /** How long a question's answer took, in milliseconds: the 95th percentile while nobody else asks. */
  readonly idleMs: number;
  /** The same beside a token that floods. */
  readonly besideMs: number;
  /** The 99th percentile of how long `/health/live` took, in the same times. */
  readonly liveIdleMs: number;
  readonly liveBesideMs: number;
}

interface FairnessOptions {
  readonly url: string;
  /** Asks one question after the other, with another token. */
  readonly quiet: SteadyClient;
  /** Asks for `/health/live`. */
  readonly live: SteadyClient;
  /** Of the one that floods. */
  readonly token: string;
  readonly clients: number;
  readonly idleSeconds: number;
  readonly floodSeconds: number;
}

/** How long a client waits who asks little, alone and beside one who asks for all that there is. */
export async function fairness(options: FairnessOptions): Promise<Fairness> {
  const { url, quiet, live, token, clients, idleSeconds, floodSeconds } = options;
  const measure = async (): Promise<{ readonly p95: number; readonly live99: number }> => {
    const [times, liveTimes] = await Promise.all([quiet.times(), live.times()]);
    return { p95: percentile(times, 0.95), live99: percentile(liveTimes, 0.99) };
  };
  await measure();
  await delay(idleSeconds * 1000);
  const idle = await measure();
  await floodFor(url, token, clients, floodSeconds);
  const beside = await measure();
  return {
    idleMs: idle.p95,
    besideMs: beside.p95,
    liveIdleMs: idle.live99,
    liveBesideMs: beside.live99,
  };
}
