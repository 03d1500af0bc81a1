import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { storeConformanceTests } from 'clipgraph/conformance';
import pg from 'pg';
import { describeWithPostgresUrl } from '../../../test/postgres/describe-with-postgres.js';

describeWithPostgresUrl('the store postgres', (url) => {
  const place = async () => {
    const schema = `test_${randomBytes(6).toString('hex')}`;
    const remove = async (): Promise<void> => {
      const client = new pg.Client(url());
      await client.connect();
      await client.query(`drop schema if exists ${schema} cascade`);
      await client.end();
    };
    return Promise.resolve({ options: { url: url(), schema }, remove });
  };
  const isFull = process.env.CLIPGRAPH_FULL !== undefined;
  const tests = storeConformanceTests({
    name: 'postgres',
    module: path.join(__dirname, 'index.ts'),
    kills: isFull ? 50 : 3,
    place,
  });
  // The large ones take minutes: .ci/run --full has them.
  const run = tests.filter(({ isLarge }) => !isLarge || isFull);
  it.each(run.map((test) => [test.name, test] as const))(
    '%s',
    async (_, test) => {
      await test.run();
    },
    300_000,
  );
});
