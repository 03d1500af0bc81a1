// 64 clients with mixed requests: how fast /health/live answers meanwhile, and what batching gains over one request after
// another. Fails when the 99th percentile exceeds 50 ms.
import { describeMachine, percentile } from './machine.js';
import { pollLiveness, serve } from './serving.js';

const CLIENTS = 64;
const REQUESTS_EACH = 16;
const LIMIT_MS = 50;
const QUERY = 'query ($input: ContentInput!) { embed(input: $input) { id } }';
const EXAMPLES = ['dog', 'cat', 'coffee', 'rocket', 'apple'];

/** Three texts of different lengths for each picture; no two texts are the same. */
function content(seed: number): object {
  if (seed % 4 === 0) return { image: { example: EXAMPLES[(seed / 4) % EXAMPLES.length] } };
  return { text: `request ${seed} ${'with more words '.repeat(seed % 7)}` };
}

async function main(): Promise<void> {
  const server = await serve('--log.level', 'warn', '--cache.maxBytes', '0');
  try {
    let seed = 0;
    const ask = () => server.post(QUERY, { input: content(seed++) });
    for (let i = 0; i < 20; i++) await ask();

    const total = CLIENTS * REQUESTS_EACH;
    const oneByOneFrom = performance.now();
    for (let i = 0; i < total; i++) await ask();
    const oneByOne = total / ((performance.now() - oneByOneFrom) / 1000);

    const togetherFrom = performance.now();
    const clients = Promise.all(
      Array.from({ length: CLIENTS }, async () => {
        for (let i = 0; i < REQUESTS_EACH; i++) await ask();
      }),
    );
    const times = await pollLiveness(server.url, clients);
    const together = total / ((performance.now() - togetherFrom) / 1000);
    const p99 = percentile(times, 0.99);
    console.log(
      `${total} mixed requests: ${oneByOne.toFixed(0)} a second one by one, ${together.toFixed(0)} a second from ${CLIENTS} ` +
        `clients: ${(together / oneByOne).toFixed(2)} times as many.\nMeanwhile /health/live answered ${times.length} times: ` +
        `median ${percentile(times, 0.5).toFixed(1)} ms, 99 % within ${p99.toFixed(1)} ms.\n(${describeMachine()})`,
    );
    if (p99 > LIMIT_MS) throw new Error(`The 99th percentile is over ${LIMIT_MS} ms.`);
  } finally {
    server.stop();
  }
}

void main();
