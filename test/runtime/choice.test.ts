import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadConfig, type ConfigInput } from '../../src/config/index.js';
import { EmbedDocument, ServerDocument } from '../generated/client.js';
import { runServer, type RunningServer } from '../running-server.js';

const HAS_GPU = process.env.CLIPGRAPH_GPU !== undefined;
const itWithoutGpu = HAS_GPU ? it.skip : it;

async function withServer<Result>(
  config: ConfigInput,
  use: (server: RunningServer) => Promise<Result>,
): Promise<Result> {
  const server = await runServer(config);
  try {
    return await use(server);
  } finally {
    await server.close();
  }
}

const runtimeThatRan = (config: ConfigInput, runtime?: string) =>
  withServer(config, async (server) => {
    const { data } = await server.ask(EmbedDocument, { input: { text: 'a dog' }, options: { runtime } });
    return data!.embed.runtime!.name;
  });

describe('the choice of the runtime', () => {
  it('is made by the file, the environment, a flag and the request, each over the one before', async () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'clipgraph-')), 'clipgraph.yml');
    writeFileSync(file, 'runtime: wasm\n');
    const environment = { CLIPGRAPH_RUNTIME: 'cpu' };
    const flags = { runtime: 'wasm' };
    expect(await runtimeThatRan(loadConfig({ file }).config)).toBe('wasm');
    expect(await runtimeThatRan(loadConfig({ file, environment }).config)).toBe('cpu');
    expect(await runtimeThatRan(loadConfig({ file, environment, flags }).config)).toBe('wasm');
    expect(await runtimeThatRan(loadConfig({ file, environment, flags }).config, 'cpu')).toBe('cpu');
  });

  it('lets several runtimes answer side by side, with nearly the same numbers', async () => {
    await withServer({}, async (server) => {
      const answers = await Promise.all(
        ['cpu', 'wasm'].map(async (runtime) => {
          const input = { image: { example: 'cat' } };
          return (await server.ask(EmbedDocument, { input, options: { runtime } })).data!.embed;
        }),
      );
      const [cpu, wasm] = answers;
      expect([cpu.runtime!.name, wasm.runtime!.name]).toEqual(['cpu', 'wasm']);
      expect(Math.max(...cpu.vector.map((value, i) => Math.abs(value - wasm.vector[i])))).toBeLessThan(2e-5);
      expect([cpu.isCached, wasm.isCached]).toEqual([false, false]);
    });
  });

  itWithoutGpu('takes the first of a list that can run, and shows why not the one before', async () => {
    await withServer({ runtime: ['cuda', 'cpu'] }, async (server) => {
      const { data } = await server.ask(ServerDocument, {});
      const [cpu, cuda, wasm] = [...data!.runtimes].sort((a, b) => a.name.localeCompare(b.name));
      expect(cpu).toMatchObject({ status: 'READY', isDefault: true, reason: null });
      expect(cuda).toMatchObject({
        status: 'UNAVAILABLE',
        isDefault: false,
        reason: expect.stringMatching(/CUDA/),
      });
      expect(wasm).toMatchObject({ status: 'IDLE', isDefault: false, library: 'onnxruntime-web' });
    });
  });

  itWithoutGpu('refuses to start on a runtime that cannot run, with the remedy', async () => {
    await expect(runServer({ runtime: 'cuda' })).rejects.toMatchObject({
      code: 'RUNTIME_UNAVAILABLE',
      message: expect.stringMatching(/cuda: .*CUDA.*(npm rebuild|driver|Install)/s),
    });
  });

  itWithoutGpu('never takes another runtime than a request names', async () => {
    await withServer({}, async (server) => {
      const { errors, status } = await server.ask(EmbedDocument, {
        input: { text: 'a' },
        options: { runtime: 'cuda' },
      });
      expect(status).toBe(503);
      expect(errors![0]).toMatchObject({
        message: expect.stringMatching(/^The runtime cuda cannot run here\. .*CUDA/),
        extensions: { code: 'RUNTIME_UNAVAILABLE' },
      });
      expect(errors![0].message).not.toContain('/node_modules/');
    });
  });

  it.each([
    ['an unknown name', { runtime: 'cuba' }, 'RUNTIME_NOT_FOUND', /Did you mean cuda\?/],
    ['options of an unknown runtime', { runtimes: { wsam: {} } }, 'RUNTIME_NOT_FOUND', /Did you mean wasm\?/],
    [
      'a wrong number of workers',
      { runtimes: { cpu: { workers: 0 } } },
      'BAD_USER_INPUT',
      /runtimes\.cpu\.workers.*received 0/,
    ],
    [
      'a wrong isolation',
      { runtimes: { wasm: { isolation: 'none' } } },
      'BAD_USER_INPUT',
      /process or thread/,
    ],
  ])('refuses %s', async (_, config, code, message) => {
    await expect(runServer(config)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('runs wasm in a process of its own where that is asked for', async () => {
    await withServer({ runtime: 'wasm', runtimes: { wasm: { isolation: 'process' } } }, async (server) => {
      expect((await server.embedder.runtimes.default()).pids).toHaveLength(1);
    });
    await withServer({ runtime: 'wasm' }, async (server) => {
      expect((await server.embedder.runtimes.default()).pids).toHaveLength(0);
    });
  });

  it('runs several workers side by side', async () => {
    await withServer(
      { runtimes: { cpu: { workers: 2, threads: 1 } }, cache: { maxBytes: 0 } },
      async (server) => {
        const inputs = Array.from({ length: 40 }, (_, i) => ({ text: `text ${i}` }));
        const answers = await Promise.all(inputs.map((input) => server.ask(EmbedDocument, { input })));
        expect(answers.every(({ data }) => data?.embed.dimensions === 384)).toBe(true);
        expect((await server.embedder.runtimes.default()).pids).toHaveLength(2);
      },
    );
  });
});
