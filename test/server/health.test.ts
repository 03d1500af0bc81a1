import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { askUntilAnswered, runServer, type RunningServer } from '../running-server.js';

const PLUGIN = path.join(__dirname, '..', 'faulty');
const QUESTION = '{ embed(input: { text: "a dog" }) { dimensions } }';

const ready = async ({ url }: RunningServer) => {
  const response = await fetch(`${url}/health/ready`);
  return (await response.json()) as { status: string; reason?: string };
};

describe('/health/ready', () => {
  it('says 503 while every run of the default runtime fails, and 200 beside it for /health/live', async () => {
    const server = await runServer({
      plugins: [PLUGIN],
      runtime: 'faulty',
      runtimes: { faulty: { always: 'exits in a run' } },
    });
    try {
      expect(await ready(server)).toMatchObject({ status: 'ready' });
      for (let i = 0; i < 3; i++) {
        expect((await server.post(QUESTION)).errors?.[0].extensions.code).toBe('RUNTIME_UNAVAILABLE');
      }
      const { status, reason } = await ready(server);
      expect(status).toBe('unavailable');
      expect(reason).toMatch(/faulty/);
      expect(reason).not.toContain(PLUGIN);
      expect((await fetch(`${server.url}/health/ready`)).status).toBe(503);
      expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
    } finally {
      await server.close();
    }
  });

  it('stays 200 when one content of many fails', async () => {
    const server = await runServer({
      plugins: [PLUGIN],
      runtime: 'faulty',
      runtimes: { faulty: { faults: { 9: 'throws' } } },
    });
    try {
      const longer = '{ embed(input: { text: "a rather longer text than the others" }) { dimensions } }';
      expect((await server.post(longer)).errors?.[0].extensions.code).toBe('RUNTIME_UNAVAILABLE');
      await askUntilAnswered(() => server.post(QUESTION));
      expect(await ready(server)).toMatchObject({ status: 'ready' });
    } finally {
      await server.close();
    }
  });
});

describe('a drain', () => {
  it('says 503 to balancers while requests are answered, asks clients to connect anew, then stops listening', async () => {
    const server = await runServer();
    const end = server.close({ drainMs: 1500 });
    await delay(50);
    expect(await ready(server)).toMatchObject({
      status: 'unavailable',
      reason: 'The server is shutting down.',
    });
    const answer = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: QUESTION }),
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('connection')).toBe('close');
    expect(await answer.json()).toEqual({ data: { embed: { dimensions: 384 } } });
    await end;
    await expect(fetch(`${server.url}/health/live`)).rejects.toThrow();
  });
});

describe('connections', () => {
  it('are kept longer than balancers keep them', async () => {
    const server = await runServer();
    try {
      const response = await fetch(`${server.url}/health/live`);
      expect(response.headers.get('keep-alive')).toBe('timeout=75');
    } finally {
      await server.close();
    }
  });
});
