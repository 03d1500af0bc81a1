// 10,000 texts through embedStream, three times: the server's memory along the way, and how much work a cancelled stream
// leaves behind. Fails when memory grows by more than 48 MB after the first pass, or a cancelled stream goes on.
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { describeMachine } from './machine.js';
import { serve } from './serving.js';

const TEXTS = Number(process.env.N ?? 10_000);
const PASSES = 3;
const MOST_GROWTH_MB = 48;
/** A window of contents under way, and the batches that had started. */
const MOST_AFTER_CANCEL = 256;
const STREAM = `subscription ($inputs: [ContentInput!]!) {
  embedStream(inputs: $inputs) { completed index result { ... on Embedding { vectorBase64 } } }
}`;

const texts = (prefix: string): object[] =>
  Array.from({ length: TEXTS }, (_, i) => ({ text: `${prefix}, number ${i}` }));

async function main(): Promise<void> {
  const server = await serve('--log.level', 'warn', '--cache.maxBytes', '0');
  const client = createClient({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  const metric = async (pattern: RegExp): Promise<number> =>
    Number(pattern.exec(await (await fetch(`${server.url}/metrics`)).text())?.[1]);
  const memory = async (): Promise<number> =>
    (await metric(/^process_resident_memory_bytes (\S+)/m)) / 2 ** 20;
  const run = (): Promise<number> => metric(/^clipgraph_batch_size_sum\{runtime="cpu",kind="text"\} (\d+)/m);
  try {
    const after: number[] = [];
    for (let pass = 1; pass <= PASSES; pass++) {
      const from = performance.now();
      let highest = 0;
      let completed = 0;
      for await (const { data } of client.iterate({
        query: STREAM,
        variables: { inputs: texts(`pass ${pass}`) },
      })) {
        ({ completed } = data?.embedStream as { completed: number });
        if (completed % 1000 === 0) highest = Math.max(highest, await memory());
      }
      const perSecond = completed / ((performance.now() - from) / 1000);
      after.push(await memory());
      console.log(
        `pass ${pass}: ${completed} texts, ${perSecond.toFixed(0)} a second; resident memory of the server at most ` +
          `${highest.toFixed(0)} MB, then ${after[pass - 1].toFixed(0)} MB`,
      );
    }
    const before = await run();
    let received = 0;
    for await (const { errors } of client.iterate({
      query: STREAM,
      variables: { inputs: texts('cancelled') },
    })) {
      if (errors !== undefined || ++received === 100) break;
    }
    await delay(1000);
    const left = (await run()) - before - received;
    console.log(`cancelled after ${received} results: ${left} more texts were run\n(${describeMachine()})`);
    const growth = after[PASSES - 1] - after[0];
    if (growth > MOST_GROWTH_MB) throw new Error(`The memory grew by ${growth.toFixed(0)} MB.`);
    if (left > MOST_AFTER_CANCEL) throw new Error('The cancelled stream went on.');
  } finally {
    await client.dispose();
    server.stop();
  }
}

void main();
