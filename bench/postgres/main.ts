// The store postgres on a real server (CLIPGRAPH_TEST_POSTGRES_URL, or one that is fetched and started): how fast it takes rows,
// builds its index and searches, the recall of the index at default settings on clustered and on hard data, with filters and
// without; then writers and readers at once, and what readers waited for beside an idle run.
//   npm run bench:postgres [-- --rows 50000 --dimensions 512 --minutes 1]
// Fails where a recall is below 0.95, or where anything was lost or wrong.
import { parseArgs } from 'node:util';
import { findPostgres } from '../../test/postgres/installation.js';
import { PostgresServer } from '../../test/postgres/server.js';
import { describeMachine } from '../machine.js';
import { measureRecall } from './recall.js';
import { measureSharing } from './sharing.js';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '50000' },
      dimensions: { type: 'string', default: '512' },
      minutes: { type: 'string', default: '1' },
    },
  });
  const own = process.env.CLIPGRAPH_TEST_POSTGRES_URL;
  const bin = own === undefined ? findPostgres() : undefined;
  if (own === undefined && bin === undefined) throw new Error('There is no PostgreSQL with pgvector.');
  const server = bin === undefined ? undefined : await PostgresServer.start(bin);
  const url = own ?? server?.url ?? '';
  const size = { rows: Number(values.rows), dimensions: Number(values.dimensions) };
  try {
    const recalls = [
      ...(await measureRecall(url, { name: 'clustered', noise: 1, ...size })),
      ...(await measureRecall(url, { name: 'hard', noise: 2.6, ...size })),
    ];
    if (Number(values.minutes) > 0) await measureSharing(url, Number(values.minutes));
    console.log(`(${describeMachine()})`);
    const least = Math.min(...recalls);
    if (least < 0.95) throw new Error(`A recall is ${least.toFixed(3)}, below 0.95.`);
  } finally {
    await server?.stop();
  }
}

void main();
