import path from 'node:path';
import { conformanceTests } from 'clipgraph/conformance';
import { EmbedDocument, ServerDocument } from '../generated/client.js';
import { runServer } from '../running-server.js';

const PLUGIN = path.join(__dirname, '..', 'stranger');

describe("a stranger's plugin", () => {
  const tests = conformanceTests({ name: 'stranger', module: path.join(PLUGIN, 'index.js') });
  it.each(tests.map((test) => [test.name, test] as const))('%s', async (_, test) => {
    await test.run();
  });

  it('serves beside the built-in ones, found by its path in the configuration', async () => {
    const server = await runServer({ plugins: [PLUGIN], runtime: ['stranger', 'cpu'] });
    try {
      const embed = async (runtime?: string) =>
        (await server.ask(EmbedDocument, { input: { text: 'a dog' }, options: { runtime } })).data!.embed;
      const [theirs, ours] = [await embed(), await embed('cpu')];
      expect(theirs.runtime).toMatchObject({ name: 'stranger', library: 'program.js', version: '1' });
      expect(ours.runtime).toMatchObject({ name: 'cpu' });
      expect(theirs.id).not.toBe(ours.id);
      const difference = theirs.vector.map((value, i) => Math.abs(value - ours.vector[i]));
      expect(Math.max(...difference)).toBeLessThan(1e-5);
      const { data } = await server.ask(ServerDocument, {});
      expect(data!.runtimes).toContainEqual(expect.objectContaining({ name: 'stranger', isDefault: true }));
    } finally {
      await server.close();
    }
  });

  it.each([
    ['is not there', 'no-such-plugin', 'RUNTIME_NOT_FOUND', /neither an installed package nor a path/],
    [
      'is no plugin',
      path.join(__dirname, '..', '..', 'jest.config.js'),
      'RUNTIME_UNAVAILABLE',
      /default export is object, not the definition of a plugin\. Write: export default defineRuntime/,
    ],
  ])('is refused at the start when it %s', async (_, plugin, code, message) => {
    await expect(runServer({ plugins: [plugin] })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});
