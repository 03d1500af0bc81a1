import path from 'node:path';
import type { ConfigInput } from '../../src/config/index.js';
import { RuntimeHost } from '../../src/runtime/host.js';
import { EmbedDocument, ServerDocument } from '../generated/client.js';
import { runServer, type RunningServer } from '../running-server.js';

const FOLDER = path.join(__dirname, '..', 'faulty');

async function withPlugins(
  config: ConfigInput,
  use: (server: RunningServer) => Promise<void>,
  plugins: readonly string[] = ['index'],
) {
  const server = await runServer({
    plugins: plugins.map((name) => path.join(FOLDER, `${name}.js`)),
    runtime: 'cpu',
    ...config,
  });
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

/** The plugin as the server runs it, without the server: the start of its process has all the time that a busy machine takes. */
async function withHost(
  options: Record<string, unknown>,
  { name = 'faulty', file = 'index.js', watchdogMs = 60_000, startMs = 60_000 },
  use: (host: RuntimeHost) => Promise<void>,
) {
  const log = { info: () => undefined, warn: () => undefined, debug: () => undefined };
  const module = { specifier: path.join(FOLDER, file), from: FOLDER };
  const host = new RuntimeHost({ name, module, options, log, watchdogMs, startMs });
  try {
    await use(host);
  } finally {
    await host.close();
  }
}

async function runText(host: RuntimeHost, length: number) {
  const manifest = { model: 'test', input: 'ids', output: 'embeds', dimensions: 384, padding: { id: 0 } };
  const source = { key: 'test', kind: 'text', manifest, graph: { path: 'unused' } } as const;
  const batch = { kind: 'text', ids: new Int32Array(length), lengths: [length], size: 1, length } as const;
  return (await host.run({ source, batch }, new AbortController().signal)).vectors;
}

const ask = (server: RunningServer, text: string, runtime: string) =>
  server.ask(EmbedDocument, { input: { text }, options: { runtime } });

/** A text of so many tokens, its markers included. */
const textOf = (tokens: number) =>
  Array<string>(tokens - 2)
    .fill('a')
    .join(' ');

async function expectOthersUntouched(server: RunningServer): Promise<void> {
  const { data } = await ask(server, 'a dog', 'cpu');
  expect(data!.embed.dimensions).toBe(384);
}

describe('a plugin that', () => {
  const FAULTS = [
    ['throws', /^The runtime faulty failed while it ran starter\.$/],
    ['exits in a run', /The runtime faulty failed 2 times/],
    ['returns NaN', /values for text_embeds that are missing or not finite/],
    ['returns the wrong shape', /returned 1 × 3 for text_embeds where 1 × 384 was expected/],
    ['returns too few rows', /returned 0 × 384/],
    ['returns nothing', /returned nothing/],
    ['returns no shape', /The runtime faulty failed while it ran starter/],
  ] as const;
  const ofLength = (i: number) => 4 + i;

  it('fails in a run is a coded error each time, and the others are untouched', async () => {
    const faults = Object.fromEntries(FAULTS.map(([fault], i) => [ofLength(i), fault]));
    await withPlugins({ runtimes: { faulty: { faults } } }, async (server) => {
      for (const [i, [fault, message]] of FAULTS.entries()) {
        const [bad, good] = await Promise.all([
          ask(server, textOf(ofLength(i)), 'faulty'),
          ask(server, 'a', 'faulty'),
        ]);
        expect({ fault, norm: good.data!.embed.norm }).toMatchObject({ fault, norm: Math.sqrt(384) });
        expect({ fault, status: bad.status, error: bad.errors![0] }).toMatchObject({
          fault,
          status: 503,
          error: { message: expect.stringMatching(message), extensions: { code: 'RUNTIME_UNAVAILABLE' } },
        });
      }
      await expectOthersUntouched(server);
    });
  });

  it('hangs is ended, and the next request has a new process', async () => {
    await withHost({ faults: { 4: 'hangs', 5: 'never answers' } }, { watchdogMs: 3000 }, async (host) => {
      for (const tokens of [4, 5]) {
        expect(await runText(host, 3)).toHaveLength(384);
        await expect(runText(host, tokens)).rejects.toMatchObject({
          code: 'RUNTIME_UNAVAILABLE',
          message: 'The runtime faulty failed 2 times while it ran test.',
        });
      }
      expect(await runText(host, 3)).toHaveLength(384);
      expect(host.restarts).toBe(4);
    });
  });

  it('hangs in its probe is ended, and cannot run', async () => {
    const limits = { name: 'hangs-in-probe', file: 'hangs-in-probe.js', startMs: 15_000 };
    await withHost({}, limits, async (host) => {
      expect(await host.probe()).toMatchObject({
        ready: false,
        reason: 'The process of the runtime hangs-in-probe did not answer within 15000 ms and was ended.',
      });
    });
  });

  it('returns a plain array is understood', async () => {
    const faulty = { always: 'returns a plain array' };
    await withPlugins({ runtimes: { faulty } }, async (server) => {
      const { data } = await ask(server, 'a cat', 'faulty');
      expect(data!.embed.norm).toBeCloseTo(Math.sqrt(384 / 4), 5);
    });
  });

  it('eats memory is ended at its limit', async () => {
    const faulty = { faults: { 6: 'eats memory' }, memoryLimitMb: 400 };
    await withPlugins({ runtimes: { faulty } }, async (server) => {
      const bad = await ask(server, textOf(6), 'faulty');
      expect(bad.errors![0].extensions.code).toBe('RUNTIME_UNAVAILABLE');
      expect((await ask(server, 'short', 'faulty')).data!.embed.dimensions).toBe(384);
      await expectOthersUntouched(server);
    });
  });

  it('fails in its probe is unavailable, with a reason that holds nothing of what it said or printed', async () => {
    const plugins = ['throws-in-probe', 'crashes-in-probe', 'lies-in-probe', 'names-paths'];
    await withPlugins(
      {},
      async (server) => {
        const { data } = await server.ask(ServerDocument, {});
        const reasons = plugins.map((name) => {
          const found = data!.runtimes.find((runtime) => runtime.name === name);
          expect(found).toMatchObject({ status: 'UNAVAILABLE' });
          return found!.reason!;
        });
        expect(reasons).toEqual([
          expect.stringMatching(
            /^It failed when it was loaded or asked whether it can run; the log has the error\. /,
          ),
          expect.stringMatching(/^The process of the runtime crashes-in-probe exited with code 1\. /),
          expect.stringMatching(
            /^Its probe returned something that is no probe\. Correct the plugin lies-in-probe/,
          ),
          "The license 'my license.key' is older than clock.so. Renew it at https://vendor.example/renew.",
        ]);
        for (const reason of reasons) expect(reason).not.toMatch(/operator|secrets|\/opt|Object\.|\n/);
        await expectOthersUntouched(server);
      },
      plugins,
    );
  });

  it.each([
    ['exits at load', 'exits-at-load.js', /exited with code 7/],
    ['throws at load', 'throws-at-load.js', /broken module/],
  ])('%s keeps the server from starting, with the reason', async (_, file, message) => {
    await expect(runServer({ plugins: [path.join(FOLDER, file)] })).rejects.toMatchObject({
      code: 'RUNTIME_UNAVAILABLE',
      message: expect.stringMatching(message),
    });
  });
});

/** Kills the runtime's processes after each so many answers, so that a busy machine changes nothing. */
async function askWhileKilling(server: RunningServer, runtime: string, texts: number, killEvery: number) {
  const { embedder } = server;
  let answered = 0;
  const requests = Array.from({ length: texts }, (_, i) => `request ${i}`);
  const answers: Awaited<ReturnType<typeof ask>>[] = [];
  const next = async (): Promise<void> => {
    for (let text = requests.shift(); text !== undefined; text = requests.shift()) {
      answers.push(await ask(server, text, runtime));
      answered++;
      if (answered % killEvery !== 0) continue;
      for (const pid of embedder.runtimes.get(runtime).pids) process.kill(pid, 'SIGKILL');
    }
  };
  await Promise.all(Array.from({ length: 10 }, next));
  return answers;
}

describe('a runtime that is killed again and again', () => {
  it.each([
    ['cpu', 300, 50],
    ['wasm', 60, 20],
  ])('%s still answers each request with a result or a coded error', async (runtime, texts, killEvery) => {
    const server = await runServer({
      runtime,
      cache: { maxBytes: 0 },
      runtimes: { [runtime]: { isolation: 'process', threads: 1 } },
    });
    try {
      const answers = await askWhileKilling(server, runtime, texts, killEvery);
      expect(answers).toHaveLength(texts);
      const wrong = answers.filter(
        ({ data, errors }) =>
          data?.embed.dimensions !== 384 && errors?.[0].extensions.code !== 'RUNTIME_UNAVAILABLE',
      );
      expect(wrong).toEqual([]);
      // A batch is lost only when it meets two kills.
      expect(answers.filter(({ data }) => data !== null).length).toBeGreaterThan(texts / 2);
      expect(server.embedder.runtimes.get(runtime).restarts).toBeGreaterThanOrEqual(texts / killEvery - 1);
    } finally {
      await server.close();
    }
  });
});
