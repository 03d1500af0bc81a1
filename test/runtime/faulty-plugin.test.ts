import path from 'node:path';
import type { ConfigInput } from '../../src/config/index.js';
import { EmbedDocument, ServerDocument } from '../generated/client.js';
import { askUntilAnswered, runServer, type RunningServer } from '../running-server.js';

const PLUGIN = path.join(__dirname, '..', 'faulty');

async function withPlugin(
  options: Record<string, unknown>,
  use: (server: RunningServer) => Promise<void>,
  config: ConfigInput = {},
) {
  const server = await runServer({
    plugins: [PLUGIN],
    runtime: 'cpu',
    runtimes: { faulty: options },
    ...config,
  });
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

const ask = (server: RunningServer, text: string, runtime: string) =>
  server.ask(EmbedDocument, { input: { text }, options: { runtime } });

async function expectOthersUntouched(server: RunningServer): Promise<void> {
  const { data } = await ask(server, 'a dog', 'cpu');
  expect(data!.embed.dimensions).toBe(384);
}

describe('a plugin that', () => {
  it.each([
    ['throws', /The runtime faulty failed while it ran starter/],
    ['exits in a run', /The runtime faulty failed 2 times/],
    ['returns NaN', /values for text_embeds that are missing or not finite/],
    ['returns the wrong shape', /returned 1 × 3 for text_embeds where 1 × 384 was expected/],
    ['returns too few rows', /returned 0 × 384/],
    ['returns nothing', /returned nothing/],
    ['returns no shape', /The runtime faulty failed while it ran starter/],
  ])('%s is a coded error, and the others are untouched', async (fault, message) => {
    await withPlugin({ fault }, async (server) => {
      const [bad, good] = await Promise.all([ask(server, 'a cat', 'faulty'), ask(server, 'a cat', 'cpu')]);
      expect(good.data!.embed.dimensions).toBe(384);
      expect(bad.status).toBe(503);
      expect(bad.errors![0]).toMatchObject({
        message: expect.stringMatching(message),
        extensions: { code: 'RUNTIME_UNAVAILABLE' },
      });
      expect(bad.errors![0].message).not.toContain('secret');
      await expectOthersUntouched(server);
    });
  });

  it.each(['hangs', 'never answers'])(
    '%s is ended, and the next request has a new process',
    async (fault) => {
      await withPlugin(
        { fault, from: 5 },
        async (server) => {
          const first = await ask(server, 'short', 'faulty');
          expect(first.data!.embed.dimensions).toBe(384);
          const bad = await ask(server, 'a text that is long enough to hang', 'faulty');
          expect(['TIMEOUT', 'RUNTIME_UNAVAILABLE']).toContain(bad.errors![0].extensions.code);
          const others = await askUntilAnswered(() => ask(server, 'a dog', 'cpu'));
          expect(others.embed.dimensions).toBe(384);
          const { embed } = await askUntilAnswered(() => ask(server, 'again short', 'faulty'));
          expect(embed.dimensions).toBe(384);
        },
        { limits: { timeoutMs: 4000 } },
      );
    },
  );

  it('returns a plain array is understood', async () => {
    await withPlugin({ fault: 'returns a plain array' }, async (server) => {
      const { data } = await ask(server, 'a cat', 'faulty');
      expect(data!.embed.norm).toBeCloseTo(Math.sqrt(384 / 4), 5);
    });
  });

  it('eats memory is ended at its limit', async () => {
    await withPlugin({ fault: 'eats memory', from: 5, memoryLimitMb: 400 }, async (server) => {
      const bad = await ask(server, 'a text that is long enough to eat memory', 'faulty');
      expect(bad.errors![0].extensions.code).toBe('RUNTIME_UNAVAILABLE');
      expect((await ask(server, 'short', 'faulty')).data!.embed.dimensions).toBe(384);
      await expectOthersUntouched(server);
    });
  });

  it.each([
    ['throws in probe', /no probe/],
    ['lies in probe', /something that is no probe/],
    ['hangs in probe', /did not answer within/],
  ])('%s is unavailable, with the reason', async (fault, reason) => {
    await withPlugin(
      { fault, lie: { ready: true, info: { threads: 'many' } } },
      async (server) => {
        const { data } = await server.ask(ServerDocument, {});
        const faulty = data!.runtimes.find(({ name }) => name === 'faulty');
        expect(faulty).toMatchObject({ status: 'UNAVAILABLE', reason: expect.stringMatching(reason) });
        await expectOthersUntouched(server);
      },
      { limits: { timeoutMs: 6000 } },
    );
  });

  it.each([
    ['exits at load', 'exits-at-load.js', /exited with code 7/],
    ['throws at load', 'throws-at-load.js', /broken module/],
  ])('%s keeps the server from starting, with the reason', async (_, file, message) => {
    await expect(runServer({ plugins: [path.join(PLUGIN, file)] })).rejects.toMatchObject({
      code: 'RUNTIME_UNAVAILABLE',
      message: expect.stringMatching(message),
    });
  });
});

describe('a runtime that is killed at random moments', () => {
  it.each(['cpu', 'wasm'])(
    '%s still answers 1,000 requests, each with a result or a coded error',
    async (runtime) => {
      const server = await runServer({
        runtime,
        cache: { maxBytes: 0 },
        runtimes: { [runtime]: { isolation: 'process' } },
      });
      try {
        const { embedder } = server;
        const killer = setInterval(() => {
          for (const pid of embedder.runtimes.get(runtime).pids) {
            if (Math.random() < 0.5) process.kill(pid, 'SIGKILL');
          }
        }, 3000);
        const answers = [];
        try {
          for (let round = 0; round < 20; round++) {
            const texts = Array.from({ length: 50 }, (_, i) => `request ${round * 50 + i}`);
            answers.push(...(await Promise.all(texts.map((text) => ask(server, text, runtime)))));
          }
        } finally {
          clearInterval(killer);
        }
        expect(answers).toHaveLength(1000);
        const wrong = answers.filter(
          ({ data, errors }) =>
            data?.embed.dimensions !== 384 && errors?.[0].extensions.code !== 'RUNTIME_UNAVAILABLE',
        );
        expect(wrong).toEqual([]);
        expect(answers.filter(({ data }) => data !== null).length).toBeGreaterThan(500);
      } finally {
        await server.close();
      }
    },
    240_000, // A thousand runs of the model, and its loading after each kill, on one thread of WebAssembly.
  );
});
