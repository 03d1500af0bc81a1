import path from 'node:path';
import { conformanceTests } from 'clipgraph/conformance';

describe.each(['cpu', 'wasm'])('the runtime %s', (name) => {
  const tests = conformanceTests({ name, module: path.join(__dirname, name, 'index.ts') });
  it.each(tests.map((test) => [test.name, test] as const))('%s', async (_, test) => {
    await test.run();
  });
});
