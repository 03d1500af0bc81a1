import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Probe } from '../../src/runtime/contract.js';
import { Probing } from '../../src/plugins/probing.js';
import { EmbedDocument, ServerDocument } from '../generated/client.js';
import { runServer, type RunningServer } from '../running-server.js';

const FOLDER = path.join(__dirname, '..', 'faulty');
const marker = path.join(mkdtempSync(path.join(tmpdir(), 'clipgraph-')), 'is-up');
beforeEach(() => {
  rmSync(marker, { force: true });
});

const health = async ({ url }: RunningServer) => {
  const response = await fetch(`${url}/health/ready`);
  return { ...((await response.json()) as { reason?: string }), status: response.status };
};

/** Asks until it is so: how long a wait is, is tested without a clock. */
async function until<Result>(ask: () => Promise<Result>, isSo: (result: Result) => boolean): Promise<Result> {
  for (;;) {
    const result = await ask();
    if (isSo(result)) return result;
  }
}

describe('a runtime that could not serve', () => {
  const NO: Probe = { ready: false, reason: 'no', remedy: 'none' };
  const INFO = { device: 'd', library: 'l', version: '1', threads: 1, maxBatch: 1, maxInFlight: 1 };

  it('is asked again, after waits that double up to half a minute', async () => {
    let [now, asked] = [0, 0];
    const probing = new Probing(
      () => {
        asked++;
        return Promise.resolve(NO);
      },
      () => now,
    );
    const askedAt: number[] = [];
    for (; now < 120_000; now += 50) {
      const before = asked;
      await Promise.all([probing.probe(), probing.probe()]);
      if (asked > before) askedAt.push(now);
    }
    const waits = askedAt.slice(1).map((at, i) => at - askedAt[i]);
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  it('is not asked again once it can, nor while it is being asked', async () => {
    let [now, asked] = [0, 0];
    const probing = new Probing(
      () => {
        asked++;
        if (asked === 1) return Promise.reject(new Error('crashed'));
        return Promise.resolve({ ready: true, info: INFO } as const);
      },
      () => now,
    );
    await expect(probing.probe()).rejects.toThrow('crashed');
    await expect(probing.probe()).rejects.toThrow('crashed');
    now = 1000;
    for (let i = 0; i < 3; i++) {
      expect(await probing.probe()).toMatchObject({ ready: true });
      now += 1e6;
    }
    expect(asked).toBe(2);
  });

  it('serves once it is up, without a restart of the server', async () => {
    const plugins = [path.join(FOLDER, 'late.js')];
    const server = await runServer({ plugins, runtime: 'cpu', runtimes: { late: { marker } } });
    try {
      const ask = async () => {
        const { data } = await server.ask(ServerDocument, {});
        return data!.runtimes.find(({ name }) => name === 'late')!;
      };
      expect(await ask()).toMatchObject({ status: 'UNAVAILABLE', reason: 'Nobody answers. Start it.' });
      writeFileSync(marker, '');
      expect(await until(ask, ({ status }) => status !== 'UNAVAILABLE')).toMatchObject({ reason: null });
    } finally {
      await server.close();
    }
  });
});

describe('a server whose runtime', () => {
  it('dies in every run is not ready, says why without a request, and is ready when it runs again', async () => {
    const plugins = [path.join(FOLDER, 'dies.js')];
    const server = await runServer({ plugins, runtime: 'dies', runtimes: { dies: { marker } } });
    const embed = (text: string) => server.ask(EmbedDocument, { input: { text } });
    try {
      expect(await health(server)).toMatchObject({ status: 200 });
      expect((await embed('a')).errors![0].extensions.code).toBe('RUNTIME_UNAVAILABLE');
      for (let i = 0; i < 3; i++) {
        const reason = 'The runtime dies cannot serve. Its last runs have all failed.';
        expect(await health(server)).toMatchObject({ status: 503, reason });
      }
      const { data } = await server.ask(ServerDocument, {});
      expect(data!.runtimes.find(({ name }) => name === 'dies')).toMatchObject({ status: 'UNAVAILABLE' });
      writeFileSync(marker, '');
      await until(
        () => health(server),
        ({ status }) => status === 200,
      );
      expect((await embed('b')).data!.embed.dimensions).toBe(384);
      expect(await health(server)).toMatchObject({ status: 200 });
      expect(existsSync(marker)).toBe(true);
    } finally {
      await server.close();
    }
  });
});
