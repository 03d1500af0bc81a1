import type { Contents } from './contents.js';

/** Something that embeds, and is timed while it does. */
export interface Contender {
  readonly name: string;
  /** How what it did is counted: `texts` or `pictures`, and with how many clients where it serves. */
  readonly cases: readonly Case[];
  /** Milliseconds for all of the contents of that kind. */
  run(one: Case, contents: Contents): Promise<number>;
  stop(): Promise<void>;
}

export interface Case {
  readonly kind: 'texts' | 'pictures';
  readonly clients?: number;
  /** Share of the contents that were there before. */
  readonly repeats?: number;
}

/** Why a contender does not take part. */
export interface Missing {
  readonly name: string;
  readonly reason: string;
}

export const isMissing = (one: Contender | Missing): one is Missing => 'reason' in one;

/** Milliseconds that some work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

/** Each of the clients asks for one content after the other, until all are done. */
export async function byClients<Content>(
  clients: number,
  contents: readonly Content[],
  ask: (content: Content) => Promise<unknown>,
): Promise<void> {
  const queue = contents.values();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      for (const content of queue) await ask(content);
    }),
  );
}
