import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { storeConformanceTests } from 'clipgraph/conformance';

const isFull = process.env.CLIPGRAPH_FULL !== undefined;

describe('the store embedded', () => {
  const tests = storeConformanceTests({
    name: 'embedded',
    module: path.join(__dirname, 'index.ts'),
    kills: isFull ? 50 : 3,
    async place() {
      const folder = await mkdtemp(path.join(tmpdir(), 'clipgraph-embedded-'));
      return { options: { path: folder }, remove: () => rm(folder, { recursive: true }) };
    },
  });
  it.each(tests.map((test) => [test.name, test] as const))(
    '%s',
    async (_, test) => {
      await test.run();
    },
    600_000,
  );
});
