import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../machine.js';
import { floodFor } from './phases.js';
import type { SteadyClient } from './steady.js';

export interface Fairness {
  /** How long a question's answer took, in milliseconds: the 95th percentile while nobody else asks. */
  readonly idleMs: number;
  /** The same beside a token that floods. */
  readonly besideMs: number;
}

interface FairnessOptions {
  readonly url: string;
  /** Asks one question after the other, with another token. */
  readonly quiet: SteadyClient;
  /** Of the one that floods. */
  readonly token: string;
  readonly clients: number;
  readonly idleSeconds: number;
  readonly floodSeconds: number;
}

/** How long a client waits who asks little, alone and beside one who asks for all that there is. */
export async function fairness(options: FairnessOptions): Promise<Fairness> {
  const { url, quiet, token, clients, idleSeconds, floodSeconds } = options;
  await quiet.times();
  await delay(idleSeconds * 1000);
  const idleMs = percentile(await quiet.times(), 0.95);
  await floodFor(url, token, clients, floodSeconds);
  return { idleMs, besideMs: percentile(await quiet.times(), 0.95) };
}
