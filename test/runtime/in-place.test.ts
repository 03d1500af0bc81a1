import path from 'node:path';
import { conformanceTests } from 'clipgraph/conformance';
import { RuntimeHost } from '../../src/runtime/host.js';
import { EmbedDocument } from '../generated/client.js';
import { runServer } from '../running-server.js';

const PLUGIN = path.join(__dirname, '..', 'plugins', 'remote.cjs');

/** The server's own handles: what a runtime in its process must not leave behind. */
const children = () => process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length;

describe('a runtime that declares isolation none and no graph', () => {
  const tests = conformanceTests({ name: 'remote', module: PLUGIN, needsGraph: false });
  it.each(tests.map((test) => [test.name, test] as const))('%s', async (_, test) => {
    await test.run();
  });

  it('runs in this process, is given no graph, and is closed', async () => {
    const log = { info: () => undefined, warn: () => undefined, debug: () => undefined };
    const module = { specifier: PLUGIN, from: __dirname };
    const plugin = { name: 'remote', declaredIsolation: 'none', module, options: {} } as const;
    const host = new RuntimeHost({ ...plugin, log, watchdogMs: 10_000 });
    const before = children();
    expect(await host.probe()).toMatchObject({ ready: true, info: { device: `process ${process.pid}` } });
    expect(host.isRunning).toBe(true);
    expect(host.pid).toBeUndefined();
    expect(children()).toBe(before);
    await host.close();
    expect(host.isRunning).toBe(false);
  });

  it('serves beside the others', async () => {
    const server = await runServer({ plugins: [PLUGIN], runtime: 'remote' });
    try {
      const { data } = await server.ask(EmbedDocument, { input: { text: 'a dog' } });
      expect(data!.embed.runtime).toMatchObject({ name: 'remote', library: 'remote' });
      expect((await server.embedder.runtimes.default()).pids).toEqual([]);
    } finally {
      await server.close();
    }
  });
});
