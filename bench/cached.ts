// What an answer that is in the cache takes longer than a bare node:http server takes for the same bytes, asked by turns over one
// connection each. `npm run bench:cached [-- ROUNDS]`. Fails when the medians are more than 1 ms apart.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { Pool } from 'undici';
import { describeMachine, percentile } from './machine.js';
import { serve } from './serving.js';

const ROUNDS = Number(process.argv.at(2) ?? 2000);
const WARM_UP = 500;
const MOST_MS = 1;
const QUERIES: Readonly<Record<string, string>> = {
  similarity: '{ similarity(a: { text: "a dog" }, b: { text: "a cat" }) { cosine } }',
  embed: '{ embed(input: { text: "a dog" }) { vectorBase64 } }',
};

type Ask = () => Promise<Buffer>;

function asker(url: string, query: string): { readonly ask: Ask; readonly close: () => Promise<void> } {
  const pool = new Pool(url, { connections: 1 });
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ query });
  const ask = async (): Promise<Buffer> => {
    const answer = await pool.request({ path: '/graphql', method: 'POST', headers, body });
    return Buffer.from(await answer.body.arrayBuffer());
  };
  return { ask, close: () => pool.close() };
}

async function time(ask: Ask): Promise<number> {
  const from = performance.now();
  await ask();
  return performance.now() - from;
}

async function main(): Promise<void> {
  const server = await serve('--log.level', 'warn');
  const late: string[] = [];
  try {
    for (const [name, query] of Object.entries(QUERIES)) {
      const ours = asker(server.url, query);
      const expected = await ours.ask();
      const echo = fork(path.join(__dirname, 'echo-server.ts'), [expected.toString('base64')], {
        execArgv: ['--require', 'tsx/cjs'],
      });
      const [port] = (await once(echo, 'message')) as [number];
      const bare = asker(`http://127.0.0.1:${port}`, query);
      const times = { ours: [] as number[], bare: [] as number[] };
      for (let round = 0; round < ROUNDS + WARM_UP; round++) {
        const [a, b] = [await time(ours.ask), await time(bare.ask)];
        if (round < WARM_UP) continue;
        times.ours.push(a);
        times.bare.push(b);
      }
      if (!expected.equals(await bare.ask())) throw new Error('The bare server answers something else.');
      const of = (values: readonly number[], share: number): string => percentile(values, share).toFixed(2);
      const more = percentile(times.ours, 0.5) - percentile(times.bare, 0.5);
      console.log(
        `${name}, ${expected.length} bytes: ${of(times.ours, 0.5)} ms (99 % within ${of(times.ours, 0.99)}), bare node:http ` +
          `${of(times.bare, 0.5)} ms (${of(times.bare, 0.99)}): ${more.toFixed(2)} ms more at the median`,
      );
      if (more > MOST_MS) late.push(name);
      await Promise.all([ours.close(), bare.close()]);
      echo.disconnect();
    }
    console.log(`(${ROUNDS} rounds each; ${describeMachine()})`);
    if (late.length > 0) throw new Error(`More than ${MOST_MS} ms: ${late.join(', ')}.`);
  } finally {
    server.stop();
  }
}

void main();
